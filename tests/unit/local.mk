# Unit tests, with Criterion: words, places, hash, and each transition by itself, at both widths.

if HAVE_CRITERION
check_PROGRAMS += tests/unit/unit tests/unit/unit_half
TESTS += tests/unit/unit tests/unit/unit_half

unit_sources = \
	tests/unit/audit.c \
	tests/unit/claims.c \
	tests/unit/engines.c \
	tests/unit/fixture.h \
	tests/unit/hash.c \
	tests/unit/layout.c \
	tests/unit/manual.h \
	tests/unit/migration.c \
	tests/unit/probe.c \
	tests/unit/slots.c \
	tests/unit/status.c

tests_unit_unit_SOURCES = $(unit_sources)
tests_unit_unit_CPPFLAGS = $(STEPS_CPPFLAGS) $(CRITERION_CFLAGS)
tests_unit_unit_LDADD = libinstar_steps.la $(CRITERION_LIBS)
tests_unit_unit_half_SOURCES = $(unit_sources)
tests_unit_unit_half_CPPFLAGS = $(HALF_CPPFLAGS) $(CRITERION_CFLAGS)
tests_unit_unit_half_LDADD = libinstar_half.la $(CRITERION_LIBS)
endif
