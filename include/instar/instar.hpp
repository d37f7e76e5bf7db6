/*
 * instar/instar.hpp - the library for C++17: owners instead of create and destroy, optionals instead of out
 * parameters, any small type instead of uint64_t.
 *
 * What a call answers as a matter of course (found or not, new or replaced) is its result; everything else (no
 * memory, a limit, misuse) is thrown as instar::error; -fno-exceptions is not supported.  What is not wrapped
 * takes the C types, and every class here converts to its own.  Costs nothing over the C calls; progress, memory
 * order and all rules are theirs.
 *
 * Objects must go before those that they were made from: iterators, snapshots, sections, threads, maps, domains.
 */
#ifndef INSTAR_INSTAR_HPP
#define INSTAR_INSTAR_HPP

#include <instar/box.hpp>
#include <instar/instar.h>
#include <instar/iter.hpp>
#include <instar/map.hpp>
#include <instar/reclaim.hpp>

#endif
