/*
 * cache.c - a cache of rendered pages, shared by all threads of a server: address -> page.
 *
 * The map is boxed, with byte keys.  A hit reads the page where it stands, inside a section.  max_capacity bounds the
 * cache: when it is full, pages that nobody has read since the last sweep go (the clock algorithm); a thread that
 * still reads one keeps it until its section ends.
 */
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <instar/instar.h>

enum { SERVERS = 4, REQUESTS = 20000, ADDRESSES = 3000, CAPACITY = 1000, TEXT = 64 };

struct page {
	bool read; /* atomic: since the last sweep */
	char text[TEXT];
};

static instar_domain *domain;
static instar_bmap *cache;
static size_t alive, hits, misses, evicted, wrong; /* atomic */

static void count(size_t *counter)
{
	__atomic_fetch_add(counter, 1, __ATOMIC_RELAXED);
}

static void free_page(void *page, void *ctx)
{
	(void)ctx;
	__atomic_fetch_sub(&alive, 1, __ATOMIC_RELAXED);
	free(page);
}

/* What costs so much that a cache is worth it. */
static struct page *render(const char *address)
{
	struct page *page = malloc(sizeof *page);

	if (!page)
		return NULL;
	page->read = false;
	snprintf(page->text, sizeof page->text, "<h1>%s</h1>", address);
	count(&alive);
	return page;
}

/* remove_if: only the very page that was looked at. */
static bool evict_unread(const void *key, size_t length, uint64_t value, void *ctx)
{
	struct page *page = (struct page *)(uintptr_t)value;

	if (!__atomic_exchange_n(&page->read, false, __ATOMIC_RELAXED) &&
	    instar_bmap_remove_if(cache, ctx, key, length, value) == INSTAR_OK)
		count(&evicted);
	return true;
}

/* One thread at a time: two would take each other's marks for want of readers. */
static void sweep(instar_thread *thread)
{
	static bool sweeping; /* atomic */

	if (__atomic_exchange_n(&sweeping, true, __ATOMIC_ACQUIRE)) {
		sched_yield();
		return;
	}
	instar_bmap_foreach(cache, thread, evict_unread, thread, NULL);
	__atomic_store_n(&sweeping, false, __ATOMIC_RELEASE);
}

/* Puts a page there, unless another thread just did; makes room if there is none. */
static enum instar_status add_page(instar_thread *thread, const char *address, struct page *page)
{
	enum instar_status status;

	while ((status = instar_bmap_insert(cache, thread, address, strlen(address), (uint64_t)(uintptr_t)page, NULL)) ==
	       INSTAR_FULL)
		sweep(thread);
	if (status != INSTAR_OK)
		free_page(page, NULL); /* it is still ours */
	return status;
}

/* true: the page was there, and what is sent is right. */
static bool send_cached(instar_thread *thread, const char *address)
{
	char expected[TEXT];
	void *object;
	bool hit;

	instar_enter(thread);
	hit = instar_bmap_get_ref(cache, thread, address, strlen(address), &object) == INSTAR_OK;
	if (hit) {
		struct page *page = object; /* until instar_leave */

		__atomic_store_n(&page->read, true, __ATOMIC_RELAXED);
		snprintf(expected, sizeof expected, "<h1>%s</h1>", address);
		if (strcmp(page->text, expected))
			count(&wrong);
	}
	instar_leave(thread);
	return hit;
}

/* Some addresses are asked for much more often than others. */
static unsigned draw(unsigned *state)
{
	unsigned range = ADDRESSES;

	for (unsigned i = 0; i < 3; i++) {
		*state = *state * 1664525u + 1013904223u;
		range = 1 + (*state >> 8) % range;
	}
	return range;
}

static void *serve(void *arg)
{
	unsigned state = (unsigned)(uintptr_t)arg + 1;
	instar_thread *thread;
	char address[32];

	if (instar_thread_attach(domain, &thread) != INSTAR_OK)
		return (void *)"no handle";
	for (unsigned i = 0; i < REQUESTS; i++) {
		struct page *page;

		snprintf(address, sizeof address, "/article/%u", draw(&state));
		if (send_cached(thread, address)) {
			count(&hits);
			continue;
		}
		count(&misses);
		page = render(address);
		if (!page || add_page(thread, address, page) == INSTAR_NOMEM)
			return (void *)"out of memory";
		if (instar_bmap_size(cache) > 2 * CAPACITY)
			count(&wrong);
	}
	instar_thread_detach(thread);
	return NULL;
}

int main(void)
{
	struct instar_bmap_opts opts = INSTAR_BMAP_OPTS_INIT;
	pthread_t servers[SERVERS];
	void *failure;
	bool fine = true;

	opts.value_free = free_page;
	opts.max_capacity = CAPACITY;
	if (instar_domain_create(&domain, NULL, NULL) || instar_bmap_create(&cache, domain, &opts))
		return 1;
	for (uintptr_t i = 0; i < SERVERS; i++)
		if (pthread_create(&servers[i], NULL, serve, (void *)i))
			return 1;
	for (unsigned i = 0; i < SERVERS; i++) {
		pthread_join(servers[i], &failure);
		fine &= !failure;
	}
	fine = instar_bmap_destroy(cache) == INSTAR_OK && instar_domain_destroy(domain) == INSTAR_OK && fine;
	printf("%zu hits, %zu misses, %zu evicted, %zu wrong, %zu left over\n", hits, misses, evicted, wrong, alive);
	return !fine || wrong || alive || hits + misses != SERVERS * REQUESTS;
}
