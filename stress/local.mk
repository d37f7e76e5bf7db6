# instar-stress: the laboratory.  The maps under test are a library of their own, for the tests use it, too.

noinst_LTLIBRARIES += stress/libmaps.la
stress_libmaps_la_SOURCES = \
	stress/baselines/defaults.h \
	stress/baselines/locked.h \
	stress/baselines/mutex.c \
	stress/baselines/mutex64.c \
	stress/baselines/open_table.h \
	stress/baselines/raw.c \
	stress/clock.h \
	stress/histogram.c \
	stress/histogram.h \
	stress/instar_map.c \
	stress/loops.h \
	stress/memory.c \
	stress/memory.h \
	stress/population.c \
	stress/population.h \
	stress/random.h \
	stress/statistics.c \
	stress/statistics.h \
	stress/subject.h \
	stress/subjects.c \
	stress/subjects.h \
	stress/workload.c \
	stress/workload.h \
	stress/zipf.c \
	stress/zipf.h
if HAVE_CDS
stress_libmaps_la_SOURCES += \
	stress/baselines/cds_lfht.c \
	stress/baselines/cds_lfht.h \
	stress/baselines/cds_lfht_qsbr.c
endif
if HAVE_CK
stress_libmaps_la_SOURCES += stress/baselines/ck_ht.c
endif
stress_libmaps_la_CPPFLAGS = $(AM_CPPFLAGS) $(CK_CFLAGS) $(URCU_CFLAGS) $(CDS_CFLAGS)
stress_libmaps_la_LIBADD = $(CDS_LIBS) $(URCU_LIBS) $(CK_LIBS) -lm

if BUILD_STRESS
bin_PROGRAMS += instar-stress
dist_man_MANS += doc/instar-stress.1
bashcompletiondir = $(datadir)/bash-completion/completions
dist_bashcompletion_DATA = stress/completion/instar-stress
endif
instar_stress_SOURCES = \
	stress/arguments.c \
	stress/arguments.h \
	stress/bench.c \
	stress/cell.c \
	stress/cell.h \
	stress/command_cell.c \
	stress/command_reclaim.c \
	stress/command_replay.c \
	stress/command_report.c \
	stress/command_run.c \
	stress/command_torture.c \
	stress/commands.h \
	stress/compare.c \
	stress/compare_options.c \
	stress/compare_options.h \
	stress/control.c \
	stress/control.h \
	stress/count.c \
	stress/count_input.c \
	stress/count_input.h \
	stress/count_versus.c \
	stress/count_versus.h \
	stress/counter.c \
	stress/counter.h \
	stress/crew.c \
	stress/crew.h \
	stress/environment.c \
	stress/environment.h \
	stress/file_view.c \
	stress/file_view.h \
	stress/html.c \
	stress/html.h \
	stress/key_file.c \
	stress/key_file.h \
	stress/main.c \
	stress/measure.c \
	stress/measure.h \
	stress/plan.c \
	stress/plan.h \
	stress/plot.c \
	stress/plot.h \
	stress/print.c \
	stress/print.h \
	stress/reclaim_costs.c \
	stress/reclaim_costs.h \
	stress/report.c \
	stress/report.h \
	stress/report_matrix.c \
	stress/report_parts.h \
	stress/report_plots.c \
	stress/report_workloads.c \
	stress/results.c \
	stress/results.h \
	stress/runner.c \
	stress/runner.h \
	stress/scheme_names.c \
	stress/scheme_names.h \
	stress/stall.c \
	stress/stall.h \
	stress/summary.c \
	stress/summary.h \
	stress/torture.h \
	stress/torture_calls.c \
	stress/torture_crash.c \
	stress/torture_objects.c \
	stress/torture_parts.h \
	stress/torture_record.c \
	stress/torture_record.h \
	stress/torture_round.c \
	stress/torture_whole.c \
	stress/verify.c \
	stress/verify.h \
	stress/words.h \
	$(checker_sources)
# What torture has from the tests: calls and their specification, histories and their checker, refused memory.
checker_sources = \
	tests/support/calls.c \
	tests/support/calls.h \
	tests/support/history.c \
	tests/support/history.h \
	tests/support/injector.c \
	tests/support/injector.h \
	tests/support/linear.c \
	tests/support/linear.h \
	tests/support/rng.h \
	tests/support/sanitizer.h \
	tests/support/trail.h
instar_stress_CPPFLAGS = $(AM_CPPFLAGS)
EXTRA_DIST += doc/instar-stress.1 stress/completion/instar-stress
nodist_instar_stress_SOURCES = stress/build.h
instar_stress_LDADD = stress/libmaps.la libinstar.la $(JANSSON_LIBS) $(XXHASH_LIBS) -lm

# What environment.c tells of the build; changes only when something has.
BUILT_SOURCES += stress/build.h
CLEANFILES += stress/build.h
stress/instar_stress-environment.$(OBJEXT): stress/build.h
.PHONY: stress/build.h.check
stress/build.h.check:
stress/build.h: stress/build.h.check
	@$(MKDIR_P) stress
	@revision=`git -C $(top_srcdir) describe --always --dirty 2>/dev/null || echo unknown`; \
	printf '#define BUILD_REVISION "%s"\n#define BUILD_FLAGS "%s"\n' "$$revision" '$(CFLAGS) $(BUILD_CFLAGS)' >$@.new
	@if cmp -s $@.new $@; then rm $@.new; else mv $@.new $@; fi

.PHONY: bench bench-reclaim
bench: instar-stress$(EXEEXT)
	./instar-stress bench
bench-reclaim: instar-stress$(EXEEXT)
	./instar-stress reclaim
