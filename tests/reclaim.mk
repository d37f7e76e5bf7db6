# Tests of reclaim/: TAP programs that look inside; and schemes that are made to be caught.

check_LTLIBRARIES += tests/libbroken.la tests/libearly.la tests/libloses.la
caught_schemes = tests/libbroken.la tests/libearly.la tests/libloses.la

tests_libbroken_la_SOURCES = reclaim/scheme.c tests/support/scheme_broken.h
tests_libbroken_la_CPPFLAGS = $(STEPS_CPPFLAGS) -DRECLAIM_SCHEME=broken \
	-DRECLAIM_SCHEME_FILE='"tests/support/scheme_broken.h"'
tests_libearly_la_SOURCES = reclaim/scheme.c tests/support/scheme_early.h
tests_libearly_la_CPPFLAGS = $(STEPS_CPPFLAGS) -DRECLAIM_SCHEME=early \
	-DRECLAIM_SCHEME_FILE='"tests/support/scheme_early.h"'
tests_libloses_la_SOURCES = reclaim/scheme.c tests/support/scheme_loses.h
tests_libloses_la_CPPFLAGS = $(STEPS_CPPFLAGS) -DRECLAIM_SCHEME=loses \
	-DRECLAIM_SCHEME_FILE='"tests/support/scheme_loses.h"'

# Engines over hazard pointers that forget one kind of them.
careless_engines = tests/libwithout_root.la tests/libwithout_pin.la tests/libwithout_reference.la
check_LTLIBRARIES += $(careless_engines)

careless_cppflags = $(STEPS_CPPFLAGS) -DRECLAIM_SCHEME_FILE='"tests/support/scheme_careless.h"'
tests_libwithout_root_la_SOURCES = src/engine.c tests/support/scheme_careless.h
tests_libwithout_root_la_CPPFLAGS = $(careless_cppflags) -DENGINE_NAME=engine_without_root -DCARELESS_ABOUT=root
tests_libwithout_pin_la_SOURCES = src/engine.c tests/support/scheme_careless.h
tests_libwithout_pin_la_CPPFLAGS = $(careless_cppflags) -DENGINE_NAME=engine_without_pin -DCARELESS_ABOUT=pin
tests_libwithout_reference_la_SOURCES = src/engine.c tests/support/scheme_careless.h
tests_libwithout_reference_la_CPPFLAGS = $(careless_cppflags) -DENGINE_NAME=engine_without_reference \
	-DCARELESS_ABOUT=reference

reclaim_programs = \
	tests/conc/atfork \
	tests/conc/atfork_lost \
	tests/conc/atfork_worker \
	tests/conc/background \
	tests/conc/background_ends \
	tests/conc/background_naps \
	tests/conc/boxes \
	tests/conc/hazards_steps \
	tests/conc/library_defects \
	tests/conc/pings \
	tests/conc/reclaim_destructors \
	tests/conc/reclaim_ends \
	tests/conc/reclaim_forks \
	tests/conc/reclaim_idle \
	tests/conc/reclaim_memory \
	tests/conc/reclaim_online \
	tests/conc/reclaim_pace \
	tests/conc/reclaim_sections \
	tests/conc/reclaim_shared \
	tests/conc/reclaim_signals \
	tests/conc/reclaim_status \
	tests/conc/reclaim_stress \
	tests/conc/reclaim_threads \
	tests/conc/shared_record

check_PROGRAMS += $(reclaim_programs)
TESTS += $(reclaim_programs)
long_tests += $(reclaim_programs)

reclaim_libs = $(caught_schemes) $(conc_steps_libs)
reclaim_support = tests/support/actor.h tests/support/cargo.h tests/support/schemes.h

tests_conc_atfork_SOURCES = tests/conc/atfork.c tests/support/inherited.h $(reclaim_support)
tests_conc_atfork_CPPFLAGS = $(STEPS_CPPFLAGS)
tests_conc_atfork_LDADD = $(reclaim_libs)
tests_conc_atfork_lost_SOURCES = tests/conc/atfork_lost.c tests/support/inherited.h $(reclaim_support)
tests_conc_atfork_lost_CPPFLAGS = $(STEPS_CPPFLAGS)
tests_conc_atfork_lost_LDADD = $(reclaim_libs)
tests_conc_atfork_worker_SOURCES = tests/conc/atfork_worker.c tests/support/inherited.h $(reclaim_support)
tests_conc_atfork_worker_CPPFLAGS = $(STEPS_CPPFLAGS)
tests_conc_atfork_worker_LDADD = $(reclaim_libs)
tests_conc_background_SOURCES = tests/conc/background.c tests/support/worker.h $(reclaim_support)
tests_conc_background_CPPFLAGS = $(STEPS_CPPFLAGS)
tests_conc_background_LDADD = $(reclaim_libs)
tests_conc_background_ends_SOURCES = tests/conc/background_ends.c tests/support/worker.h $(reclaim_support)
tests_conc_background_ends_CPPFLAGS = $(STEPS_CPPFLAGS)
tests_conc_background_ends_LDADD = $(reclaim_libs)
tests_conc_background_naps_SOURCES = tests/conc/background_naps.c tests/support/worker.h $(reclaim_support)
tests_conc_background_naps_CPPFLAGS = $(STEPS_CPPFLAGS)
tests_conc_background_naps_LDADD = $(reclaim_libs)
tests_conc_background_naps_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=syscall
tests_conc_boxes_SOURCES = tests/conc/boxes.c $(reclaim_support)
tests_conc_boxes_CPPFLAGS = $(STEPS_CPPFLAGS)
tests_conc_boxes_LDADD = $(reclaim_libs)
tests_conc_hazards_steps_SOURCES = tests/conc/hazards.c tests/conc/hazards_hyaline_s.c $(reclaim_support)
tests_conc_hazards_steps_CPPFLAGS = $(STEPS_CPPFLAGS)
tests_conc_hazards_steps_LDADD = $(careless_engines) $(conc_steps_libs)
tests_conc_library_defects_CPPFLAGS = $(AM_CPPFLAGS) $(scheme_cppflags)
tests_conc_library_defects_LDADD = libinstar.la $(scheme_libs)
tests_conc_pings_SOURCES = tests/conc/pings.c $(reclaim_support)
tests_conc_pings_CPPFLAGS = $(STEPS_CPPFLAGS)
tests_conc_pings_LDADD = $(conc_steps_libs)
tests_conc_reclaim_destructors_SOURCES = tests/conc/reclaim_destructors.c $(reclaim_support)
tests_conc_reclaim_destructors_CPPFLAGS = $(STEPS_CPPFLAGS)
tests_conc_reclaim_destructors_LDADD = $(reclaim_libs)
tests_conc_reclaim_ends_SOURCES = tests/conc/reclaim_ends.c $(reclaim_support)
tests_conc_reclaim_ends_CPPFLAGS = $(STEPS_CPPFLAGS)
tests_conc_reclaim_ends_LDADD = $(reclaim_libs)
tests_conc_reclaim_forks_SOURCES = tests/conc/reclaim_forks.c $(reclaim_support)
tests_conc_reclaim_forks_CPPFLAGS = $(STEPS_CPPFLAGS)
tests_conc_reclaim_forks_LDADD = $(reclaim_libs)
tests_conc_reclaim_idle_SOURCES = tests/conc/reclaim_idle.c $(reclaim_support)
tests_conc_reclaim_idle_CPPFLAGS = $(STEPS_CPPFLAGS)
tests_conc_reclaim_idle_LDADD = $(reclaim_libs)
tests_conc_reclaim_memory_SOURCES = tests/conc/reclaim_memory.c $(reclaim_support)
tests_conc_reclaim_memory_CPPFLAGS = $(STEPS_CPPFLAGS)
tests_conc_reclaim_memory_LDADD = $(reclaim_libs)
tests_conc_reclaim_online_SOURCES = tests/conc/reclaim_online.c $(reclaim_support)
tests_conc_reclaim_online_CPPFLAGS = $(STEPS_CPPFLAGS)
tests_conc_reclaim_online_LDADD = $(reclaim_libs)
tests_conc_reclaim_pace_SOURCES = tests/conc/reclaim_pace.c $(reclaim_support)
tests_conc_reclaim_pace_CPPFLAGS = $(STEPS_CPPFLAGS)
tests_conc_reclaim_pace_LDADD = $(reclaim_libs)
tests_conc_reclaim_sections_SOURCES = tests/conc/reclaim_sections.c $(reclaim_support)
tests_conc_reclaim_sections_CPPFLAGS = $(STEPS_CPPFLAGS)
tests_conc_reclaim_sections_LDADD = $(reclaim_libs)
tests_conc_reclaim_shared_SOURCES = tests/conc/reclaim_shared.c $(reclaim_support)
tests_conc_reclaim_shared_CPPFLAGS = $(STEPS_CPPFLAGS)
tests_conc_reclaim_shared_LDADD = $(reclaim_libs)
tests_conc_reclaim_signals_SOURCES = tests/conc/reclaim_signals.c $(reclaim_support)
tests_conc_reclaim_signals_CPPFLAGS = $(STEPS_CPPFLAGS)
tests_conc_reclaim_signals_LDADD = $(reclaim_libs)
tests_conc_reclaim_status_SOURCES = tests/conc/reclaim_status.c $(reclaim_support)
tests_conc_reclaim_status_CPPFLAGS = $(STEPS_CPPFLAGS)
tests_conc_reclaim_status_LDADD = $(reclaim_libs)
tests_conc_reclaim_status_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=pthread_mutex_init -Wl,--wrap=pthread_mutex_destroy
tests_conc_reclaim_stress_SOURCES = tests/conc/reclaim_stress.c $(reclaim_support)
tests_conc_reclaim_stress_CPPFLAGS = $(STEPS_CPPFLAGS)
tests_conc_reclaim_stress_LDADD = $(reclaim_libs)
tests_conc_reclaim_threads_SOURCES = tests/conc/reclaim_threads.c $(reclaim_support)
tests_conc_reclaim_threads_CPPFLAGS = $(STEPS_CPPFLAGS)
tests_conc_reclaim_threads_LDADD = $(reclaim_libs)
tests_conc_shared_record_SOURCES = tests/conc/shared_record.c tests/support/schemes.h tests/support/single_step.h
tests_conc_shared_record_CPPFLAGS = $(STEPS_CPPFLAGS)
tests_conc_shared_record_LDADD = $(conc_steps_libs)
