reclaim_sources = \
	reclaim/contract.h \
	reclaim/domain.c \
	reclaim/limbo.c \
	reclaim/port.h \
	reclaim/schemes.c

# reclaim/scheme.c is compiled once per scheme, see src/local.mk.
EXTRA_DIST += \
	reclaim/ck_epoch.h \
	reclaim/ebr.h \
	reclaim/ebr_fence.h \
	reclaim/leak.h \
	reclaim/qsbr.h \
	reclaim/scheme.c \
	reclaim/schemes.def \
	reclaim/urcu_memb.h \
	reclaim/urcu_qsbr.h
