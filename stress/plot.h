/*
 * stress/plot.h - plots by gnuplot, as inline SVG.
 */
#ifndef STRESS_PLOT_H
#define STRESS_PLOT_H

#include <stdbool.h>
#include <stdio.h>

/* Whether gnuplot can be started. */
bool plot_available(void);

/* A script for plot_end to run: the terminal is set, black is the page's ink.  NULL: no memory. */
FILE *plot_begin(unsigned height);

/* Runs the script and writes the SVG into the page; closes the script.  False: gnuplot failed. */
bool plot_end(FILE *script, FILE *page);

/* Colour and dashes of the n-th series as gnuplot's words, and its points' shape; distinct in grey. */
const char *plot_line_style(size_t n);
int plot_point_style(size_t n);

#endif
