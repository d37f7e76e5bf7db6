reclaim_sources = \
	reclaim/background.c \
	reclaim/box.c \
	reclaim/contract.h \
	reclaim/domain.c \
	reclaim/epoch.h \
	reclaim/fork.c \
	reclaim/futex.h \
	reclaim/limbo.c \
	reclaim/limbo.h \
	reclaim/membarrier.h \
	reclaim/memory.c \
	reclaim/options.c \
	reclaim/ping.c \
	reclaim/ping.h \
	reclaim/port.h \
	reclaim/private.h \
	reclaim/schemes.c \
	reclaim/section.h \
	reclaim/stats.c \
	reclaim/thread.c \
	reclaim/wait.c \
	reclaim/work.c

# reclaim/scheme.c is compiled once per scheme, see src/local.mk.
EXTRA_DIST += \
	reclaim/ck.h \
	reclaim/ck_epoch.h \
	reclaim/ck_hp.h \
	reclaim/counter.h \
	reclaim/debra.h \
	reclaim/ebr.h \
	reclaim/ebr_fence.h \
	reclaim/ebr_pop.h \
	reclaim/ebr_token.h \
	reclaim/era.h \
	reclaim/hazard.h \
	reclaim/hazard_scan.h \
	reclaim/he.h \
	reclaim/hp.h \
	reclaim/hp_asym.h \
	reclaim/hp_pop.h \
	reclaim/hyaline.h \
	reclaim/hyaline_s.h \
	reclaim/hyaline_s_batch.h \
	reclaim/ibr.h \
	reclaim/leak.h \
	reclaim/no_grace.h \
	reclaim/qsbr.h \
	reclaim/references.h \
	reclaim/rwlock.h \
	reclaim/scheme.c \
	reclaim/schemes.def \
	reclaim/tsan.h \
	reclaim/urcu.h \
	reclaim/urcu_bp.h \
	reclaim/urcu_mb.h \
	reclaim/urcu_memb.h \
	reclaim/urcu_qsbr.h \
	reclaim/urcu_reader.h
