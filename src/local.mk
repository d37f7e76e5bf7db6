# The library, and two builds of it for the tests: with park hooks (steps), and at half width (half).
#
# Engines are src/engine.c, once per scheme and instruction-set level; schemes are reclaim/scheme.c,
# once per scheme.  Their objects come from pattern rules: automake cannot say "per scheme".

instar_sources = \
	src/atomic.h \
	src/batch.h \
	src/bucket.h \
	src/bury.h \
	src/bundle.c \
	src/bundle.h \
	src/bytes.c \
	src/bytes.h \
	src/bytes_file.c \
	src/bytes_many.c \
	src/bytes_map.c \
	src/bytes_scan.c \
	src/bytes_scan.h \
	src/bytes_snapshot.c \
	src/bytes_write.c \
	src/capacity.h \
	src/call.h \
	src/check.c \
	src/claim.h \
	src/clear.h \
	src/end.c \
	src/engine.h \
	src/engines.c \
	src/file.c \
	src/filter.h \
	src/glance.h \
	src/grow.h \
	src/hash.h \
	src/image.c \
	src/image.h \
	src/iterate.c \
	src/layout.h \
	src/leave.h \
	src/lines.c \
	src/lookup.h \
	src/many.c \
	src/map.c \
	src/migrate.h \
	src/modify.h \
	src/order.h \
	src/park.h \
	src/place.h \
	src/probe.h \
	src/publish.h \
	src/scan.h \
	src/search.h \
	src/section.h \
	src/snapshot.c \
	src/snapshot.h \
	src/state.h \
	src/status.c \
	src/step.c \
	src/step.h \
	src/table.c \
	src/table.h \
	src/update.h \
	src/walk.h \
	src/write.h \
	$(reclaim_sources)

EXTRA_DIST += src/engine.c src/instar.map

level_base =
level_v3 = -march=x86-64-v3
level_lse = -march=armv8.1-a

scheme_cppflags = $(CK_CFLAGS) $(URCU_CFLAGS)
scheme_libs = $(CK_LIBS) $(URCU_LIBS)
AM_CPPFLAGS += $(XXHASH_CFLAGS)
# The test builds: one level; compiled for static linking only.
STEPS_CPPFLAGS = $(AM_CPPFLAGS) -DENGINE_BASE_ONLY -DINSTAR_STEPS
HALF_CPPFLAGS = $(STEPS_CPPFLAGS) -DINSTAR_HALF_WIDTH

lib_LTLIBRARIES += libinstar.la
libinstar_la_SOURCES = $(instar_sources)
libinstar_la_CPPFLAGS = $(AM_CPPFLAGS) $(scheme_flags)
libinstar_la_LIBADD = $(engine_objects) $(scheme_objects) $(scheme_libs) $(XXHASH_LIBS)
libinstar_la_DEPENDENCIES = $(engine_objects) $(scheme_objects) src/instar.map
libinstar_la_LDFLAGS = $(AM_LDFLAGS) -version-info 0:0:0 -Wl,-z,nodelete -Wl,--version-script=$(srcdir)/src/instar.map

# A linker of static libraries does not know hidden symbols: the archive becomes one object, in which they are local, so that
# programs may have functions of these names.
installed_archive = $(DESTDIR)$(libdir)/libinstar.a
install-exec-hook:
	@if test -f $(installed_archive) && test -n "$(OBJCOPY)"; then set -e; \
	$(CC) -r -nostdlib -o libinstar.o -Wl,--whole-archive $(installed_archive) -Wl,--no-whole-archive; \
	$(OBJCOPY) --localize-hidden libinstar.o; \
	rm -f $(installed_archive); \
	$(AR) cr $(installed_archive) libinstar.o; \
	$(RANLIB) $(installed_archive); \
	rm -f libinstar.o; fi

check_LTLIBRARIES += libinstar_steps.la libinstar_half.la
libinstar_steps_la_SOURCES = $(instar_sources)
libinstar_steps_la_CPPFLAGS = $(STEPS_CPPFLAGS) $(scheme_flags)
libinstar_steps_la_CFLAGS = $(AM_CFLAGS) -static
libinstar_steps_la_LIBADD = $(steps_objects) $(scheme_libs) $(XXHASH_LIBS)
libinstar_steps_la_DEPENDENCIES = $(steps_objects)
libinstar_half_la_SOURCES = $(instar_sources)
libinstar_half_la_CPPFLAGS = $(HALF_CPPFLAGS) $(half_scheme_flags)
libinstar_half_la_CFLAGS = $(AM_CFLAGS) -static
libinstar_half_la_LIBADD = $(half_objects)
libinstar_half_la_DEPENDENCIES = $(half_objects)

# Their names say what they are: src/engine-<scheme>-<level>.lo, reclaim/scheme-<scheme>.lo.
engine_objects = $(foreach level,$(engine_levels),$(schemes:%=src/engine-%-$(level).lo))
scheme_objects = $(schemes:%=reclaim/scheme-%.lo)
steps_objects = $(schemes:%=src/steps-engine-%-base.lo) $(schemes:%=reclaim/steps-scheme-%.lo)
half_objects = $(own_schemes:%=src/half-engine-%-base.lo) $(own_schemes:%=reclaim/half-scheme-%.lo)

# In a recipe: the two parts of the stem <scheme>-<level>; for a scheme there is only the first.
stem_scheme = $(firstword $(subst -, ,$*))
stem_level = $(lastword $(subst -, ,$*))
compile_scheme = $(LTCOMPILE) $(scheme_cppflags) -DRECLAIM_SCHEME=$(stem_scheme) \
	-DRECLAIM_SCHEME_FILE='"reclaim/$(stem_scheme).h"' -MT $@ -MMD -MP -MF $(@:.lo=.d) -c -o $@ $<
compile_engine = $(compile_scheme) -DENGINE_NAME=engine_$(stem_scheme)_$(stem_level) $(ENGINE_CFLAGS) \
	$(level_$(stem_level))

src/engine-%.lo: $(top_srcdir)/src/engine.c Makefile | src/$(am__dirstamp)
	$(AM_V_CC)$(compile_engine)
src/steps-engine-%.lo: $(top_srcdir)/src/engine.c Makefile | src/$(am__dirstamp)
	$(AM_V_CC)$(compile_engine) -static $(STEPS_CPPFLAGS)
src/half-engine-%.lo: $(top_srcdir)/src/engine.c Makefile | src/$(am__dirstamp)
	$(AM_V_CC)$(compile_engine) -static $(HALF_CPPFLAGS)
reclaim/scheme-%.lo: $(top_srcdir)/reclaim/scheme.c Makefile | reclaim/$(am__dirstamp)
	$(AM_V_CC)$(compile_scheme)
reclaim/steps-scheme-%.lo: $(top_srcdir)/reclaim/scheme.c Makefile | reclaim/$(am__dirstamp)
	$(AM_V_CC)$(compile_scheme) -static $(STEPS_CPPFLAGS)
reclaim/half-scheme-%.lo: $(top_srcdir)/reclaim/scheme.c Makefile | reclaim/$(am__dirstamp)
	$(AM_V_CC)$(compile_scheme) -static $(HALF_CPPFLAGS)

-include $(wildcard src/*.d reclaim/*.d)
MOSTLYCLEANFILES += src/*.d reclaim/*.d
