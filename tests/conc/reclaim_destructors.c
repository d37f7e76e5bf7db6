/*
 * tests/conc/reclaim_destructors.c - what destructors do themselves, under every scheme: they retire, may not wait, and
 * run no other within themselves.
 */
#include "tests/support/actor.h"
#include "tests/support/cargo.h"
#include "tests/support/schemes.h"
#include "tests/support/tap.h"

enum { CHAIN = 5, TREES = 200, MUCH = 10000, A_FEW = 50 };

/* ---- destructors that retire ---- */

struct link {
	instar_domain *domain;
	struct link *next;
	unsigned destroyed;
};

static unsigned destructor_failures;

static void link_destroy(void *object, void *ctx)
{
	struct link *link = object;
	instar_thread *t;

	link->destroyed++;
	if (!link->next)
		return;
	if (instar_thread_self(link->domain, &t) != INSTAR_OK ||
	    instar_retire(t, link->next, sizeof(*link), link_destroy, ctx) != INSTAR_OK)
		destructor_failures++;
	if (instar_synchronize(t) != INSTAR_MISUSE || instar_barrier(t) != INSTAR_MISUSE ||
	    instar_thread_detach(t) != INSTAR_MISUSE || instar_domain_destroy(link->domain) != INSTAR_MISUSE)
		destructor_failures++;
}

static struct link *chains_new(instar_domain *domain)
{
	struct link *links = calloc(TREES * CHAIN, sizeof(*links));

	if (!links)
		abort();
	for (unsigned i = 0; i < TREES * CHAIN; i++) {
		links[i].domain = domain;
		links[i].next = (i + 1) % CHAIN ? &links[i + 1] : NULL;
	}
	return links;
}

static unsigned links_destroyed(const struct link *links)
{
	unsigned n = 0;

	for (unsigned i = 0; i < TREES * CHAIN; i++)
		n += links[i].destroyed == 1;
	return n;
}

/* Each destructor retires the next link of its chain. */
static void destructors_retire(const struct reclaim_scheme *scheme)
{
	instar_domain *domain = open_domain(scheme, NULL);
	instar_thread *t = join_domain(domain);
	struct link *links = chains_new(domain), *more = chains_new(domain);
	struct actor leaver;

	actor_start(&leaver, domain); /* its handle is before t's: at the end destructors retire through it */
	actor_stop(&leaver);
	destructor_failures = 0;
	for (unsigned i = 0; i < TREES; i++)
		instar_retire(t, &links[i * CHAIN], sizeof(*links), link_destroy, NULL);
	for (unsigned i = 0; i < CHAIN; i++)
		instar_barrier(t);
	ok((links_destroyed(links) == TREES * CHAIN || !frees(scheme)) && !destructor_failures,
	   "%s: a destructor retires, and may not wait", scheme->info.name);
	for (unsigned i = 0; i < TREES; i++)
		instar_retire(t, &more[i * CHAIN], sizeof(*more), link_destroy, NULL);
	instar_thread_detach(t);
	ok(instar_domain_destroy(domain) == INSTAR_OK && links_destroyed(links) == TREES * CHAIN &&
	   links_destroyed(more) == TREES * CHAIN && !destructor_failures,
	   "%s: destroying the domain follows the whole chain", scheme->info.name);
	free(links);
	free(more);
}

/* ---- within a destructor ---- */

struct nesting {
	instar_thread *t;
	void (*tempt)(struct nesting *nesting);
	unsigned depth, deepest, destroyed;
};

static void nested_destroy(void *object, void *context)
{
	struct nesting *nesting = context;

	nesting->depth++;
	nesting->deepest = nesting->depth > nesting->deepest ? nesting->depth : nesting->deepest;
	nesting->destroyed++;
	if (object == nesting)
		nesting->tempt(nesting);
	nesting->depth--;
}

static void tempt_to_work(struct nesting *nesting)
{
	for (unsigned i = 0; i < MUCH; i++)
		instar_retire(nesting->t, &nesting->depth, 1, nested_destroy, nesting);
}

static void tempt_to_poll(struct nesting *nesting)
{
	if (instar_poll(nesting->t, SIZE_MAX) != 0)
		destructor_failures++;
}

static void job_leave_some(struct actor *a, void *nesting)
{
	for (unsigned i = 0; i < A_FEW; i++)
		instar_retire(a->self, a, 1, nested_destroy, nesting);
}

/* While it runs, there is something of another's that could be destroyed as well as it. */
static void destructors_do_not_nest(const struct reclaim_scheme *scheme, void (*tempt)(struct nesting *nesting),
				    const char *what)
{
	instar_domain *domain = open_domain(scheme, NULL);
	struct nesting nesting = { .t = join_domain(domain), .tempt = tempt };
	struct actor leaver;

	destructor_failures = 0;
	instar_retire(nesting.t, &nesting, 1, nested_destroy, &nesting);
	actor_start(&leaver, domain);
	actor_do(&leaver, job_leave_some, &nesting);
	actor_stop(&leaver);
	while (!nesting.destroyed) {
		instar_thread_quiescent(nesting.t);
		instar_poll(nesting.t, 1); /* of its own */
	}
	ok(instar_barrier(nesting.t) == INSTAR_OK && nesting.deepest == 1 && !destructor_failures,
	   "%s: a destructor that %s runs no other", scheme->info.name, what);
	instar_thread_detach(nesting.t);
	instar_domain_destroy(domain);
}

/* ---- */

static void test_scheme(const struct reclaim_scheme *scheme)
{
	destructors_retire(scheme);
	if (frees(scheme)) {
		destructors_do_not_nest(scheme, tempt_to_work, "retires much");
		destructors_do_not_nest(scheme, tempt_to_poll, "polls");
	}
}

int main(void)
{
	each_table(test_scheme);
	return done_testing();
}
