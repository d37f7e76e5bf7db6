# Tests of stress.

stress_programs = \
	tests/conc/baselines \
	tests/conc/figures

tests_conc_baselines_LDADD = stress/libmaps.la libinstar.la
tests_conc_figures_LDADD = stress/libmaps.la libinstar.la

dist_check_SCRIPTS += tests/conc/stress_commands.sh tests/conc/stress_completion.sh
if BUILD_STRESS
stress_programs += tests/conc/counter
TESTS += tests/conc/stress_commands.sh tests/conc/stress_completion.sh
endif
tests_conc_counter_SOURCES = tests/conc/counter.c stress/counter.c stress/counter.h
tests_conc_counter_CPPFLAGS = $(AM_CPPFLAGS) $(XXHASH_CFLAGS)
tests_conc_counter_LDADD = libinstar.la $(XXHASH_LIBS)

check_PROGRAMS += $(stress_programs)
TESTS += $(stress_programs)
long_tests += tests/conc/baselines
