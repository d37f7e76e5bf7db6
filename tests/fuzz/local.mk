# Fuzz targets.  In `make check` each is driven by tests/fuzz/driver.c; configured with --enable-fuzzing, X_fuzzer is the
# same target under libFuzzer: tests/fuzz/calls --corpus DIR && tests/fuzz/calls_fuzzer DIR.

fuzz_programs = tests/fuzz/bytes tests/fuzz/calls
if HAVE_XXHASH
fuzz_programs += tests/fuzz/load
endif
if BUILD_STRESS
fuzz_programs += tests/fuzz/results
endif
check_PROGRAMS += $(fuzz_programs)
TESTS += $(fuzz_programs)
long_tests += $(fuzz_programs)

fuzz_driver = tests/fuzz/driver.c tests/fuzz/fuzz.h

tests_fuzz_bytes_SOURCES = tests/fuzz/bytes.c $(fuzz_driver)
tests_fuzz_bytes_LDADD = libinstar.la
tests_fuzz_calls_SOURCES = tests/fuzz/calls.c $(fuzz_driver)
tests_fuzz_calls_CPPFLAGS = $(HALF_CPPFLAGS)
tests_fuzz_calls_LDADD = $(conc_half_libs)
tests_fuzz_load_SOURCES = tests/fuzz/load.c $(fuzz_driver)
tests_fuzz_load_CPPFLAGS = $(AM_CPPFLAGS) $(XXHASH_CFLAGS)
tests_fuzz_load_LDADD = libinstar.la $(XXHASH_LIBS)
results_parts = stress/cell.c stress/results.c stress/summary.c
results_libs = stress/libmaps.la libinstar.la $(JANSSON_LIBS) -lm
tests_fuzz_results_SOURCES = tests/fuzz/results.c $(results_parts) $(fuzz_driver)
tests_fuzz_results_CPPFLAGS = $(AM_CPPFLAGS) $(JANSSON_CFLAGS)
tests_fuzz_results_LDADD = $(results_libs)

if FUZZING
fuzzers = tests/fuzz/bytes_fuzzer tests/fuzz/calls_fuzzer
if HAVE_XXHASH
fuzzers += tests/fuzz/load_fuzzer
endif
if BUILD_STRESS
fuzzers += tests/fuzz/results_fuzzer
endif
noinst_PROGRAMS += $(fuzzers)
endif
fuzzer_ldflags = $(AM_LDFLAGS) -fsanitize=fuzzer

tests_fuzz_bytes_fuzzer_SOURCES = tests/fuzz/bytes.c
tests_fuzz_bytes_fuzzer_LDFLAGS = $(fuzzer_ldflags)
tests_fuzz_bytes_fuzzer_LDADD = libinstar.la
tests_fuzz_calls_fuzzer_SOURCES = tests/fuzz/calls.c
tests_fuzz_calls_fuzzer_CPPFLAGS = $(HALF_CPPFLAGS)
tests_fuzz_calls_fuzzer_LDFLAGS = $(fuzzer_ldflags)
tests_fuzz_calls_fuzzer_LDADD = $(conc_half_libs)
tests_fuzz_load_fuzzer_SOURCES = tests/fuzz/load.c
tests_fuzz_load_fuzzer_CPPFLAGS = $(AM_CPPFLAGS) $(XXHASH_CFLAGS)
tests_fuzz_load_fuzzer_LDFLAGS = $(fuzzer_ldflags)
tests_fuzz_load_fuzzer_LDADD = libinstar.la $(XXHASH_LIBS)
tests_fuzz_results_fuzzer_SOURCES = tests/fuzz/results.c $(results_parts)
tests_fuzz_results_fuzzer_CPPFLAGS = $(AM_CPPFLAGS) $(JANSSON_CFLAGS)
tests_fuzz_results_fuzzer_LDFLAGS = $(fuzzer_ldflags)
tests_fuzz_results_fuzzer_LDADD = $(results_libs)
