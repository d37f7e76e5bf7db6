# The explorer: the sources themselves, at half width over a modelled memory, once for each reclaimer underneath.
# It switches stacks by itself, so it is built without sanitizers; and with small buckets, whatever is
# configured: what can happen is the same, and there is less of it.

model_sources = \
	tests/model/arena.c \
	tests/model/arena.h \
	tests/model/explorer.c \
	tests/model/fiber.h \
	tests/model/history.c \
	tests/model/history.h \
	tests/model/lock.h \
	tests/model/meetings.h \
	tests/model/memory.c \
	tests/model/memory.h \
	tests/model/objects.h \
	tests/model/oracle.h \
	tests/model/picture.h \
	tests/model/real_domain.h \
	tests/model/scenario.h \
	tests/model/scenarios.c \
	tests/model/schedule.c \
	tests/model/schedule.h \
	tests/model/search.c \
	tests/model/search.h \
	tests/model/shim.h \
	tests/model/spec_domain.h \
	tests/model/spec_scheme.h \
	tests/model/subject.c \
	tests/model/subject.h \
	tests/model/transition.h \
	tests/support/tap.h \
	tests/support/wanted.h

model_base_cppflags = -D_GNU_SOURCE -I$(top_srcdir)/include -I$(top_srcdir) -DPORT_SHIM -DINSTAR_HALF_WIDTH \
	-DINSTAR_STEPS -DENGINE_NAME=engine_model
model_spec_cppflags = $(model_base_cppflags) -DRECLAIM_SCHEME_FILE='"tests/model/spec_scheme.h"' \
	-DMODEL_RECLAIM_FILE='"tests/model/spec_domain.h"'
model_real_cppflags = $(model_base_cppflags) -DINSTAR_BUCKET_SLOTS=3 \
	-DMODEL_RECLAIM_FILE='"tests/model/real_domain.h"'
model_cflags = -std=gnu11 -O2 $(WARN_CFLAGS)

# In `make check`; the others take minutes.
model_quick = tests/model/explorer tests/model/explorer_ebr
model_programs = $(model_quick) tests/model/explorer_seven tests/model/explorer_ebr_fence tests/model/explorer_hp \
	tests/model/explorer_hp_asym tests/model/explorer_ibr tests/model/explorer_he tests/model/explorer_qsbr tests/model/explorer_ebr_token \
	tests/model/explorer_ebr_pop tests/model/explorer_hp_pop tests/model/explorer_hyaline \
	tests/model/explorer_hyaline_s tests/model/explorer_debra

check_PROGRAMS += $(model_programs)
TESTS += $(model_quick)
long_tests += $(model_programs)
EXTRA_DIST += tests/model/migration.pml tests/model/mutants.list tests/model/mutants.sh tests/model/spin.sh

tests_model_explorer_SOURCES = $(model_sources)
tests_model_explorer_CPPFLAGS = $(model_spec_cppflags) -DINSTAR_BUCKET_SLOTS=3
tests_model_explorer_CFLAGS = $(model_cflags)
tests_model_explorer_LDFLAGS =
tests_model_explorer_seven_SOURCES = $(model_sources)
tests_model_explorer_seven_CPPFLAGS = $(model_spec_cppflags) -DINSTAR_BUCKET_SLOTS=7
tests_model_explorer_seven_CFLAGS = $(model_cflags)
tests_model_explorer_seven_LDFLAGS =
tests_model_explorer_ebr_SOURCES = $(model_sources)
tests_model_explorer_ebr_CPPFLAGS = $(model_real_cppflags) -DRECLAIM_SCHEME=ebr \
	-DRECLAIM_SCHEME_FILE='"reclaim/ebr.h"'
tests_model_explorer_ebr_CFLAGS = $(model_cflags)
tests_model_explorer_ebr_LDFLAGS =
tests_model_explorer_ebr_fence_SOURCES = $(model_sources)
tests_model_explorer_ebr_fence_CPPFLAGS = $(model_real_cppflags) -DRECLAIM_SCHEME=ebr_fence \
	-DRECLAIM_SCHEME_FILE='"reclaim/ebr_fence.h"'
tests_model_explorer_ebr_fence_CFLAGS = $(model_cflags)
tests_model_explorer_ebr_fence_LDFLAGS =
tests_model_explorer_hp_SOURCES = $(model_sources)
tests_model_explorer_hp_CPPFLAGS = $(model_real_cppflags) -DRECLAIM_SCHEME=hp \
	-DRECLAIM_SCHEME_FILE='"reclaim/hp.h"'
tests_model_explorer_hp_CFLAGS = $(model_cflags)
tests_model_explorer_hp_LDFLAGS =
tests_model_explorer_hp_asym_SOURCES = $(model_sources)
tests_model_explorer_hp_asym_CPPFLAGS = $(model_real_cppflags) -DRECLAIM_SCHEME=hp_asym \
	-DRECLAIM_SCHEME_FILE='"reclaim/hp_asym.h"'
tests_model_explorer_hp_asym_CFLAGS = $(model_cflags)
tests_model_explorer_hp_asym_LDFLAGS =
tests_model_explorer_ibr_SOURCES = $(model_sources)
tests_model_explorer_ibr_CPPFLAGS = $(model_real_cppflags) -DRECLAIM_SCHEME=ibr \
	-DRECLAIM_SCHEME_FILE='"reclaim/ibr.h"'
tests_model_explorer_ibr_CFLAGS = $(model_cflags)
tests_model_explorer_ibr_LDFLAGS =
# A second span has no room.
tests_model_explorer_he_SOURCES = $(model_sources)
tests_model_explorer_he_CPPFLAGS = $(model_real_cppflags) -DRECLAIM_SCHEME=he -DERA_NOTED=1 \
	-DRECLAIM_SCHEME_FILE='"reclaim/he.h"'
tests_model_explorer_he_CFLAGS = $(model_cflags)
tests_model_explorer_he_LDFLAGS =
tests_model_explorer_qsbr_SOURCES = $(model_sources)
tests_model_explorer_qsbr_CPPFLAGS = $(model_real_cppflags) -DRECLAIM_SCHEME=qsbr \
	-DRECLAIM_SCHEME_FILE='"reclaim/qsbr.h"'
tests_model_explorer_qsbr_CFLAGS = $(model_cflags)
tests_model_explorer_qsbr_LDFLAGS =
# Each section looks at a handle.
tests_model_explorer_debra_SOURCES = $(model_sources)
tests_model_explorer_debra_CPPFLAGS = $(model_real_cppflags) -DRECLAIM_SCHEME=debra -DDEBRA_SECTIONS=1 \
	-DRECLAIM_SCHEME_FILE='"reclaim/debra.h"'
tests_model_explorer_debra_CFLAGS = $(model_cflags)
tests_model_explorer_debra_LDFLAGS =
# Each section looks for the token.
tests_model_explorer_ebr_token_SOURCES = $(model_sources)
tests_model_explorer_ebr_token_CPPFLAGS = $(model_real_cppflags) -DRECLAIM_SCHEME=ebr_token -DTOKEN_SECTIONS=1 \
	-DRECLAIM_SCHEME_FILE='"reclaim/ebr_token.h"'
tests_model_explorer_ebr_token_CFLAGS = $(model_cflags)
tests_model_explorer_ebr_token_LDFLAGS =
tests_model_explorer_ebr_pop_SOURCES = $(model_sources)
tests_model_explorer_ebr_pop_CPPFLAGS = $(model_real_cppflags) -DRECLAIM_SCHEME=ebr_pop \
	-DRECLAIM_SCHEME_FILE='"reclaim/ebr_pop.h"'
tests_model_explorer_ebr_pop_CFLAGS = $(model_cflags)
tests_model_explorer_ebr_pop_LDFLAGS =
tests_model_explorer_hp_pop_SOURCES = $(model_sources)
tests_model_explorer_hp_pop_CPPFLAGS = $(model_real_cppflags) -DRECLAIM_SCHEME=hp_pop \
	-DRECLAIM_SCHEME_FILE='"reclaim/hp_pop.h"'
tests_model_explorer_hp_pop_CFLAGS = $(model_cflags)
tests_model_explorer_hp_pop_LDFLAGS =
tests_model_explorer_hyaline_SOURCES = $(model_sources)
tests_model_explorer_hyaline_CPPFLAGS = $(model_real_cppflags) -DRECLAIM_SCHEME=hyaline \
	-DRECLAIM_SCHEME_FILE='"reclaim/hyaline.h"'
tests_model_explorer_hyaline_CFLAGS = $(model_cflags)
tests_model_explorer_hyaline_LDFLAGS =
# A batch stays out if the next attempt finds it.
tests_model_explorer_hyaline_s_SOURCES = $(model_sources)
tests_model_explorer_hyaline_s_CPPFLAGS = $(model_real_cppflags) -DRECLAIM_SCHEME=hyaline_s -DHYALINE_S_PATIENCE=1 \
	-DRECLAIM_SCHEME_FILE='"reclaim/hyaline_s.h"'
tests_model_explorer_hyaline_s_CFLAGS = $(model_cflags)
tests_model_explorer_hyaline_s_LDFLAGS =
