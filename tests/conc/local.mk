# Concurrent tests: plain TAP programs over the public calls.  Each PROGRAM is built twice, against the
# library and, as PROGRAM-half, at half width (pattern rules: automake would need three lines for each).

both_widths = \
	tests/conc/boxed \
	tests/conc/conservation \
	tests/conc/edges \
	tests/conc/foreign_values \
	tests/conc/histories \
	tests/conc/model_random \
	tests/conc/oom \
	tests/conc/ownership
half_width = $(both_widths:%=%-half)
conc_tests = tests/conc/linear_selftest $(both_widths)

check_PROGRAMS += $(conc_tests)
check_SCRIPTS = $(half_width)
TESTS += $(conc_tests) $(half_width)
long_tests += $(both_widths) $(half_width)
smoke_tests += tests/conc/edges tests/conc/model_random tests/conc/model_random-half

check_LTLIBRARIES += libtests.la libtests_half.la
libtests_la_SOURCES = \
	tests/support/calls.c \
	tests/support/calls.h \
	tests/support/filler.h \
	tests/support/history.c \
	tests/support/history.h \
	tests/support/injector.c \
	tests/support/injector.h \
	tests/support/linear.c \
	tests/support/linear.h \
	tests/support/model.c \
	tests/support/model.h \
	tests/support/rng.h \
	tests/support/sequence.c \
	tests/support/sequence.h \
	tests/support/sequence_run.c \
	tests/support/tap.h \
	tests/support/threads.h \
	tests/support/world.h
libtests_la_CFLAGS = $(AM_CFLAGS) -static
libtests_half_la_SOURCES = $(libtests_la_SOURCES)
libtests_half_la_CPPFLAGS = $(HALF_CPPFLAGS)
libtests_half_la_CFLAGS = $(AM_CFLAGS) -static

tests/conc/%-half.o: $(top_srcdir)/tests/conc/%.c Makefile | tests/conc/$(am__dirstamp)
	$(AM_V_CC)$(COMPILE) $(HALF_CPPFLAGS) -MT $@ -MMD -MP -MF $(@:.o=.d) -c -o $@ $<
tests/conc/%-half: tests/conc/%-half.o libtests_half.la libinstar_half.la
	$(AM_V_CCLD)$(LINK) $< libtests_half.la libinstar_half.la $(LIBS)
.PRECIOUS: tests/conc/%-half.o
-include $(wildcard tests/conc/*.d)
MOSTLYCLEANFILES += tests/conc/*.d tests/conc/*-half
