/*
 * tests/conc/shared_record.c - Concurrency Kit's record of the shared handle has one user at a time: while a thread stands
 * amid an attempt to advance through it, at any instruction of its use, others make none.
 */
#include "reclaim/private.h"
#include "tests/support/schemes.h"
#include "tests/support/tap.h"

#include "tests/support/single_step.h"

#if CAN_SINGLE_STEP

enum { PATIENCE = 60 };

static instar_domain *domain;

static void begin_nothing(void)
{
}

static void advance(void)
{
	domain->scheme->advance(domain->shared);
}

static uint64_t tried(void)
{
	struct instar_reclaim_stats stats;

	instar_domain_stats(domain, &stats);
	return stats.advances_tried;
}

int main(void)
{
	unsigned stops = 0, refused = 0;
	bool known;
	const struct reclaim_scheme *scheme = reclaim_find("ck-epoch", &known);

	if (!scheme || !scheme_is_wanted("ck-epoch")) {
		skip(1, "without ck-epoch");
		return done_testing();
	}
	alarm(PATIENCE);
	domain = open_domain(scheme, NULL);
	stepper_start(begin_nothing, advance);
	while (stepper_stands(stops + 1, NULL)) {
		uint64_t before = tried();

		advance();
		refused += tried() == before;
		stepper_goes_on();
		stops++;
	}
	stepper_end();
	ok(refused > 20 && refused < stops, "it stands at each of %u instructions: at some others advance, at %u they do not", stops, refused);
	ok(instar_domain_destroy(domain) == INSTAR_OK, "nothing is left");
	return done_testing();
}

#endif
