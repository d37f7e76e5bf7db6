/* instar/instar.h - all of the library. */
#ifndef INSTAR_INSTAR_H
#define INSTAR_INSTAR_H

#include <instar/batch.h>
#include <instar/bytes.h>
#include <instar/file.h>
#include <instar/iter.h>
#include <instar/map.h>
#include <instar/reclaim.h>
#include <instar/status.h>

#endif
