/* tests/conc/hazards_hyaline_s.c - what hazards.c asks of a handle of hyaline-s. */
#include "reclaim/hyaline_s.h"

void hyaline_s_count_pin(instar_thread *t, int by);

void hyaline_s_count_pin(instar_thread *t, int by)
{
	hyaline_s_thread(t)->pins += (unsigned)by;
}
