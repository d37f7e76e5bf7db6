/* stress/baselines/cds_lfht_qsbr.c - cds_lfht over liburcu's flavour of announced quiescent states. */
#define _LGPL_SOURCE
#include <urcu/urcu-qsbr.h>

#define SUBJECT cds_lfht_qsbr
#define RCU(name) urcu_qsbr_##name
static const char map_name[] = "cds_lfht/qsbr";
static const char map_about[] = "liburcu's lock-free hash table, flavour of announced quiescent states";
#include "stress/baselines/cds_lfht.h"
