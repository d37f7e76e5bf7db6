# Every test speaks TAP; automake runs them and counts.  A program built against
#   libinstar.la        sees what a user sees;
#   libinstar_steps.la  also the insides and the park hooks: compile it with $(STEPS_CPPFLAGS);
#   libinstar_half.la   the same at half width: compile it with $(HALF_CPPFLAGS).
# `make check` runs all TESTS for seconds, the map's own for one scheme of each kind (INSTAR_TEST_KINDS=0: for each);
# `make check-stress` runs long_tests for each with INSTAR_TEST_SCALE times the work.
# smoke_tests are those that an emulated processor gets through.

TEST_EXTENSIONS = .sh
TAP_DRIVER = env AM_TAP_AWK='$(AWK)' $(SHELL) $(top_srcdir)/build-aux/tap-driver.sh
LOG_DRIVER = $(TAP_DRIVER)
SH_LOG_DRIVER = $(TAP_DRIVER)
SH_LOG_COMPILER = $(SHELL)
AM_TESTS_ENVIRONMENT = \
	CRITERION_OUTPUTS=tap:-; export CRITERION_OUTPUTS; \
	INSTAR_TEST_KINDS=$${INSTAR_TEST_KINDS-1}; export INSTAR_TEST_KINDS; \
	LSAN_OPTIONS=suppressions=$(abs_top_srcdir)/tests/lsan.supp:print_suppressions=0; export LSAN_OPTIONS; \
	UBSAN_OPTIONS=print_stacktrace=1; export UBSAN_OPTIONS; \
	LIBINSTAR_SO=$(abs_builddir)/.libs/libinstar.so; export LIBINSTAR_SO;

long_tests =
smoke_tests = tests/conc/edges tests/conc/edges_half tests/conc/model_random tests/conc/model_random_half
INSTAR_TEST_SCALE = 20
EXTRA_DIST += tests/lsan.supp tests/mutants/list tests/mutants/run

include tests/unit/local.mk
include tests/conc/local.mk
include tests/model/local.mk
include tests/fuzz/local.mk
include tests/iterate.mk
include tests/tools/local.mk
include tests/install/local.mk
include $(top_srcdir)/tests/reclaim.mk
include $(top_srcdir)/tests/stress.mk

.PHONY: check-stress
check-stress: all $(check_LTLIBRARIES) $(check_PROGRAMS) $(check_SCRIPTS)
	INSTAR_TEST_KINDS=0 INSTAR_TEST_SCALE=$(INSTAR_TEST_SCALE) $(MAKE) $(AM_MAKEFLAGS) check-TESTS TESTS='$(long_tests)'

# A weekly job: the long tests, histories whose recorder writes nothing shared, the model in spin, torture, and every planted
# bug.  TORTURE=8h for a night.
TORTURE = 1h
.PHONY: check-long
check-long: check-stress
	INSTAR_CLOCK=tsc INSTAR_TEST_SCALE=$(INSTAR_TEST_SCALE) tests/conc/histories
	srcdir='$(srcdir)' CC='$(CC)' $(SHELL) $(srcdir)/tests/model/spin.sh
	if test -x instar-stress; then ./instar-stress torture --duration $(TORTURE); \
	else echo "no torture: instar-stress is not built"; fi
	CC='$(CC)' $(SHELL) $(srcdir)/tests/model/mutants.sh
	$(SHELL) $(srcdir)/tests/mutants/run

# What the tests reach of the library, where gcovr and a build with --enable-coverage are; fails below the goals.  The
# half-width builds count nothing; gcovr's assertion that a function has one place does not hold for engines of several
# levels.
.PHONY: coverage
coverage: check
	@ls src/*.gcno >/dev/null 2>&1 || { echo "configure with --enable-coverage --disable-shared"; exit 1; }
	$(MKDIR_P) coverage
	find . -name '*half*.gcda' -exec rm {} +
	root=$$(cd '$(top_srcdir)' && pwd -P) && PYTHONOPTIMIZE=1 gcovr --root "$$root" --object-directory . \
		--exclude-throw-branches --filter "$$root/(src|reclaim)/" --html-details coverage/index.html \
		--txt coverage/summary.txt --print-summary --fail-under-line 95 --fail-under-branch 85 src reclaim
clean-local:
	rm -rf coverage
