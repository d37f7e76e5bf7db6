# Tests of what goes over the whole map: scans, snapshots, clear.

tests_libsupport_la_SOURCES += tests/support/trail.h tests/support/upheaval.h

iterate_programs = \
	tests/conc/bytes_scan \
	tests/conc/bytes_snapshot \
	tests/conc/bytes_snapshot_steps \
	tests/conc/clear \
	tests/conc/clear_half \
	tests/conc/clear_steps \
	tests/conc/passes \
	tests/conc/passes_half \
	tests/conc/scan \
	tests/conc/scan_half \
	tests/conc/snapshot \
	tests/conc/snapshot_boxed \
	tests/conc/snapshot_boxed_steps \
	tests/conc/snapshot_half \
	tests/conc/snapshot_parks_steps \
	tests/conc/snapshot_steps

check_PROGRAMS += $(iterate_programs)
TESTS += $(iterate_programs)
long_tests += $(iterate_programs)

tests_conc_bytes_scan_LDADD = $(conc_libs)

tests_conc_bytes_snapshot_LDADD = $(conc_libs)
tests_conc_bytes_snapshot_steps_SOURCES = tests/conc/bytes_snapshot.c
tests_conc_bytes_snapshot_steps_CPPFLAGS = $(STEPS_CPPFLAGS)
tests_conc_bytes_snapshot_steps_LDADD = $(conc_steps_libs)

tests_conc_clear_LDADD = $(conc_libs)
tests_conc_clear_half_SOURCES = tests/conc/clear.c
tests_conc_clear_half_CPPFLAGS = $(HALF_CPPFLAGS)
tests_conc_clear_half_LDADD = $(conc_half_libs)
tests_conc_clear_steps_SOURCES = tests/conc/clear.c
tests_conc_clear_steps_CPPFLAGS = $(STEPS_CPPFLAGS)
tests_conc_clear_steps_LDADD = $(conc_steps_libs)

tests_conc_passes_LDADD = $(conc_libs)
tests_conc_passes_half_SOURCES = tests/conc/passes.c
tests_conc_passes_half_CPPFLAGS = $(HALF_CPPFLAGS)
tests_conc_passes_half_LDADD = $(conc_half_libs)

tests_conc_scan_LDADD = $(conc_libs)
tests_conc_scan_half_SOURCES = tests/conc/scan.c
tests_conc_scan_half_CPPFLAGS = $(HALF_CPPFLAGS)
tests_conc_scan_half_LDADD = $(conc_half_libs)

tests_conc_snapshot_LDADD = $(conc_libs)
tests_conc_snapshot_half_SOURCES = tests/conc/snapshot.c
tests_conc_snapshot_half_CPPFLAGS = $(HALF_CPPFLAGS)
tests_conc_snapshot_half_LDADD = $(conc_half_libs)
tests_conc_snapshot_steps_SOURCES = tests/conc/snapshot.c
tests_conc_snapshot_steps_CPPFLAGS = $(STEPS_CPPFLAGS)
tests_conc_snapshot_steps_LDADD = $(conc_steps_libs)

tests_conc_snapshot_boxed_LDADD = $(conc_libs)
tests_conc_snapshot_boxed_steps_SOURCES = tests/conc/snapshot_boxed.c
tests_conc_snapshot_boxed_steps_CPPFLAGS = $(STEPS_CPPFLAGS)
tests_conc_snapshot_boxed_steps_LDADD = $(conc_steps_libs)

tests_conc_snapshot_parks_steps_SOURCES = tests/conc/snapshot_parks.c
tests_conc_snapshot_parks_steps_CPPFLAGS = $(STEPS_CPPFLAGS)
tests_conc_snapshot_parks_steps_LDADD = $(conc_steps_libs)
