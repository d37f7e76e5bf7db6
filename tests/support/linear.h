/*
 * tests/support/linear.h - is a recorded history linearizable?
 */
#ifndef TESTS_LINEAR_H
#define TESTS_LINEAR_H

#include "tests/support/history.h"

/*
 * True if the calls can be put into one order that respects their times and in which each answer is
 * right, every key being absent at first.  If not, `report` (NULL: none) gets a line-by-line account
 * of the first key and moment where no order is left.
 */
bool linear_check(const struct history *history, FILE *report);

#endif
