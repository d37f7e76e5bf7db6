/* stress/baselines/mutex64.c - 64 tables with a mutex each: what most programs end with. */
#define SUBJECT mutex64
#define SHARDS 64
static const char map_name[] = "mutex64";
static const char map_about[] = "64 open-addressing tables, each under its own pthread mutex";
#include "stress/baselines/locked.h"
