/* stress/baselines/cds_lfht.c - cds_lfht over liburcu's membarrier flavour. */
#define _LGPL_SOURCE
#include <urcu/urcu-memb.h>

#define SUBJECT cds_lfht
#define RCU(name) urcu_memb_##name
static const char map_name[] = "cds_lfht";
static const char map_about[] = "liburcu's lock-free hash table, membarrier flavour";
#include "stress/baselines/cds_lfht.h"
