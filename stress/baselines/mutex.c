/* stress/baselines/mutex.c - one table, one mutex: what everyone starts from. */
#define SUBJECT mutex
#define SHARDS 1
static const char map_name[] = "mutex";
static const char map_about[] = "one open-addressing table under one pthread mutex";
#include "stress/baselines/locked.h"
