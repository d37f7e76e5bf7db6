# Concurrent tests: plain TAP programs.  X is built against the library as installed, X_steps against the
# one with park hooks, X_half against the one at half width (which has the hooks, too).

check_LTLIBRARIES += tests/libsupport.la tests/libsupport_half.la

support_sources = \
	tests/support/audit.h \
	tests/support/bytes.h \
	tests/support/calls.c \
	tests/support/calls.h \
	tests/support/child.h \
	tests/support/crowd.h \
	tests/support/filler.h \
	tests/support/history.c \
	tests/support/history.h \
	tests/support/image.h \
	tests/support/injector.c \
	tests/support/injector.h \
	tests/support/late_stores.h \
	tests/support/linear.c \
	tests/support/linear.h \
	tests/support/mapped.h \
	tests/support/model.c \
	tests/support/model.h \
	tests/support/resident.h \
	tests/support/rng.h \
	tests/support/sanitizer.h \
	tests/support/sequence.c \
	tests/support/sequence.h \
	tests/support/sequence_run.c \
	tests/support/single_step.h \
	tests/support/stir.h \
	tests/support/tap.h \
	tests/support/threads.h \
	tests/support/wanted.h \
	tests/support/world.h

tests_libsupport_la_SOURCES = $(support_sources)
tests_libsupport_half_la_SOURCES = $(support_sources)
tests_libsupport_half_la_CPPFLAGS = $(HALF_CPPFLAGS)

conc_programs = \
	tests/conc/boxed \
	tests/conc/boxed_end_steps \
	tests/conc/boxed_steps \
	tests/conc/burials \
	tests/conc/bytes \
	tests/conc/bytes_audit \
	tests/conc/bytes_boxed \
	tests/conc/bytes_file \
	tests/conc/bytes_many \
	tests/conc/capacity \
	tests/conc/capacity_half \
	tests/conc/conservation \
	tests/conc/conservation_half \
	tests/conc/edges \
	tests/conc/edges_half \
	tests/conc/every_instruction \
	tests/conc/file \
	tests/conc/first_touch \
	tests/conc/foreign_values \
	tests/conc/foreign_values_half \
	tests/conc/hash_order \
	tests/conc/histories \
	tests/conc/histories_half \
	tests/conc/histories_steps \
	tests/conc/interrupted \
	tests/conc/interrupted_half \
	tests/conc/interrupted_steps \
	tests/conc/late_roots_hp \
	tests/conc/late_roots_hp_asym \
	tests/conc/late_roots_hyaline_s \
	tests/conc/late_roots_ibr \
	$(late_roots_ck) \
	tests/conc/late_stores \
	tests/conc/linear_selftest \
	tests/conc/meanwhile_half \
	tests/conc/meanwhile_steps \
	tests/conc/model_random \
	tests/conc/model_random_half \
	tests/conc/oom \
	tests/conc/oom_half \
	tests/conc/ownership \
	tests/conc/ownership_half \
	tests/conc/parked_half \
	tests/conc/parked_steps \
	tests/conc/snapshots \
	tests/conc/snapshots_half \
	tests/conc/snapshots_steps \
	tests/conc/stopped_anywhere \
	tests/conc/tables_given_back

# sleeper_costs takes its time, and asks for a machine that does nothing else: in the long tests only.
check_PROGRAMS += $(conc_programs) tests/conc/sleeper_costs
TESTS += $(conc_programs)
long_tests += $(conc_programs) tests/conc/sleeper_costs

conc_libs = tests/libsupport.la libinstar.la
conc_steps_libs = tests/libsupport.la libinstar_steps.la
conc_half_libs = tests/libsupport_half.la libinstar_half.la

tests_conc_boxed_LDADD = $(conc_libs)
tests_conc_boxed_end_steps_SOURCES = tests/conc/boxed_end.c
tests_conc_boxed_end_steps_CPPFLAGS = $(STEPS_CPPFLAGS)
tests_conc_boxed_end_steps_LDADD = $(conc_steps_libs)
tests_conc_boxed_steps_SOURCES = tests/conc/boxed.c
tests_conc_boxed_steps_CPPFLAGS = $(STEPS_CPPFLAGS)
tests_conc_boxed_steps_LDADD = $(conc_steps_libs)

tests_conc_burials_LDADD = $(conc_libs)
tests_conc_bytes_LDADD = $(conc_libs)
tests_conc_bytes_audit_LDADD = $(conc_libs)
tests_conc_bytes_boxed_LDADD = $(conc_libs)
tests_conc_bytes_file_LDADD = $(conc_libs)
tests_conc_bytes_many_LDADD = $(conc_libs)

tests_conc_capacity_LDADD = $(conc_libs)
tests_conc_capacity_half_SOURCES = tests/conc/capacity.c
tests_conc_capacity_half_CPPFLAGS = $(HALF_CPPFLAGS)
tests_conc_capacity_half_LDADD = $(conc_half_libs)

tests_conc_conservation_LDADD = $(conc_libs)
tests_conc_conservation_half_SOURCES = tests/conc/conservation.c
tests_conc_conservation_half_CPPFLAGS = $(HALF_CPPFLAGS)
tests_conc_conservation_half_LDADD = $(conc_half_libs)

tests_conc_edges_LDADD = $(conc_libs)
tests_conc_edges_half_SOURCES = tests/conc/edges.c
tests_conc_edges_half_CPPFLAGS = $(HALF_CPPFLAGS)
tests_conc_edges_half_LDADD = $(conc_half_libs)

tests_conc_every_instruction_LDADD = $(conc_libs)

tests_conc_file_LDADD = $(conc_libs)

tests_conc_first_touch_LDADD = $(conc_libs)

tests_conc_foreign_values_LDADD = $(conc_libs)
tests_conc_foreign_values_half_SOURCES = tests/conc/foreign_values.c
tests_conc_foreign_values_half_CPPFLAGS = $(HALF_CPPFLAGS)
tests_conc_foreign_values_half_LDADD = $(conc_half_libs)

tests_conc_hash_order_LDADD = $(conc_libs)

tests_conc_histories_LDADD = $(conc_libs)
tests_conc_histories_half_SOURCES = tests/conc/histories.c
tests_conc_histories_half_CPPFLAGS = $(HALF_CPPFLAGS)
tests_conc_histories_half_LDADD = $(conc_half_libs)
tests_conc_histories_steps_SOURCES = tests/conc/histories.c
tests_conc_histories_steps_CPPFLAGS = $(STEPS_CPPFLAGS)
tests_conc_histories_steps_LDADD = $(conc_steps_libs)

tests_conc_interrupted_LDADD = $(conc_libs)
tests_conc_interrupted_half_SOURCES = tests/conc/interrupted.c
tests_conc_interrupted_half_CPPFLAGS = $(HALF_CPPFLAGS)
tests_conc_interrupted_half_LDADD = $(conc_half_libs)
tests_conc_interrupted_steps_SOURCES = tests/conc/interrupted.c
tests_conc_interrupted_steps_CPPFLAGS = $(STEPS_CPPFLAGS)
tests_conc_interrupted_steps_LDADD = $(conc_steps_libs)

tests_conc_late_stores_LDADD = $(conc_libs)
tests_conc_late_roots_hp_SOURCES = tests/conc/late_stores.c
tests_conc_late_roots_hp_CPPFLAGS = $(AM_CPPFLAGS) -DLATE_ROOT_SCHEME='"hp"' -DLATE_ROOT_FILE='"reclaim/hp.h"'
tests_conc_late_roots_hp_LDADD = $(conc_libs)
tests_conc_late_roots_hp_asym_SOURCES = tests/conc/late_stores.c
tests_conc_late_roots_hp_asym_CPPFLAGS = $(AM_CPPFLAGS) -DLATE_ROOT_SCHEME='"hp-asym"' -DLATE_ROOT_FILE='"reclaim/hp_asym.h"'
tests_conc_late_roots_hp_asym_LDADD = $(conc_libs)
tests_conc_late_roots_hyaline_s_SOURCES = tests/conc/late_stores.c
tests_conc_late_roots_hyaline_s_CPPFLAGS = $(AM_CPPFLAGS) -DLATE_ROOT_SCHEME='"hyaline-s"' -DLATE_ROOT_FILE='"reclaim/hyaline_s.h"'
tests_conc_late_roots_hyaline_s_LDADD = $(conc_libs)
tests_conc_late_roots_ibr_SOURCES = tests/conc/late_stores.c
tests_conc_late_roots_ibr_CPPFLAGS = $(AM_CPPFLAGS) -DLATE_ROOT_SCHEME='"ibr"' -DLATE_ROOT_FILE='"reclaim/ibr.h"'
tests_conc_late_roots_ibr_LDADD = $(conc_libs)
if HAVE_CK
late_roots_ck = tests/conc/late_roots_ck_hp
tests_conc_late_roots_ck_hp_SOURCES = tests/conc/late_stores.c
tests_conc_late_roots_ck_hp_CPPFLAGS = $(AM_CPPFLAGS) $(CK_CFLAGS) -DLATE_ROOT_SCHEME='"ck-hp"' -DLATE_ROOT_FILE='"reclaim/ck_hp.h"'
tests_conc_late_roots_ck_hp_LDADD = $(conc_libs)
endif

tests_conc_linear_selftest_LDADD = $(conc_libs)

tests_conc_meanwhile_half_SOURCES = tests/conc/meanwhile.c
tests_conc_meanwhile_half_CPPFLAGS = $(HALF_CPPFLAGS)
tests_conc_meanwhile_half_LDADD = $(conc_half_libs)
tests_conc_meanwhile_steps_SOURCES = tests/conc/meanwhile.c
tests_conc_meanwhile_steps_CPPFLAGS = $(STEPS_CPPFLAGS)
tests_conc_meanwhile_steps_LDADD = $(conc_steps_libs)

tests_conc_model_random_LDADD = $(conc_libs)
tests_conc_model_random_half_SOURCES = tests/conc/model_random.c
tests_conc_model_random_half_CPPFLAGS = $(HALF_CPPFLAGS)
tests_conc_model_random_half_LDADD = $(conc_half_libs)

tests_conc_oom_CPPFLAGS = $(STEPS_CPPFLAGS)
tests_conc_oom_LDADD = $(conc_steps_libs)
tests_conc_oom_half_SOURCES = tests/conc/oom.c
tests_conc_oom_half_CPPFLAGS = $(HALF_CPPFLAGS)
tests_conc_oom_half_LDADD = $(conc_half_libs)

tests_conc_ownership_LDADD = $(conc_libs)
tests_conc_ownership_half_SOURCES = tests/conc/ownership.c
tests_conc_ownership_half_CPPFLAGS = $(HALF_CPPFLAGS)
tests_conc_ownership_half_LDADD = $(conc_half_libs)

tests_conc_parked_half_SOURCES = tests/conc/parked.c
tests_conc_parked_half_CPPFLAGS = $(HALF_CPPFLAGS)
tests_conc_parked_half_LDADD = $(conc_half_libs)
tests_conc_parked_steps_SOURCES = tests/conc/parked.c
tests_conc_parked_steps_CPPFLAGS = $(STEPS_CPPFLAGS)
tests_conc_parked_steps_LDADD = $(conc_steps_libs)

tests_conc_sleeper_costs_CPPFLAGS = $(STEPS_CPPFLAGS)
tests_conc_sleeper_costs_LDADD = $(conc_steps_libs)
tests_conc_snapshots_LDADD = $(conc_libs)
tests_conc_snapshots_half_SOURCES = tests/conc/snapshots.c
tests_conc_snapshots_half_CPPFLAGS = $(HALF_CPPFLAGS)
tests_conc_snapshots_half_LDADD = $(conc_half_libs)
tests_conc_snapshots_steps_SOURCES = tests/conc/snapshots.c
tests_conc_snapshots_steps_CPPFLAGS = $(STEPS_CPPFLAGS)
tests_conc_snapshots_steps_LDADD = $(conc_steps_libs)

tests_conc_stopped_anywhere_LDADD = $(conc_libs)
tests_conc_tables_given_back_LDADD = $(conc_libs)
