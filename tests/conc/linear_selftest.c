/*
 * tests/conc/linear_selftest.c - the linearizability checker rejects planted wrong histories and
 * accepts right ones, and is fast.
 */
#include <pthread.h>

#include "tests/support/linear.h"
#include "tests/support/tap.h"
#include "tests/support/threads.h"

enum { KEY = 7 };

static struct call made(enum call_kind kind, uint64_t a, uint64_t b, enum instar_status status, uint64_t out)
{
	return (struct call){ .key = KEY, .a = a, .b = b, .out = out, .kind = (uint8_t)kind, .status = (uint8_t)status };
}

static struct call blind(struct call call)
{
	call.blind = true;
	call.out = 0;
	return call;
}

#define INSERT(v) made(CALL_INSERT, v, 0, INSTAR_OK, 0)
#define INSERT_REFUSED(v, there) made(CALL_INSERT, v, 0, INSTAR_EXISTS, there)
#define GET(v) made(CALL_GET, 0, 0, INSTAR_OK, v)
#define MISS made(CALL_GET, 0, 0, INSTAR_NOTFOUND, 0)
#define REMOVE(v) made(CALL_REMOVE, 0, 0, INSTAR_OK, v)
#define PUT(v, old) made(CALL_PUT, v, 0, INSTAR_EXISTS, old)
#define REPLACE(v, old) made(CALL_REPLACE, v, 0, INSTAR_OK, old)
#define ADD(n, old) made(CALL_FETCH_ADD, n, 0, INSTAR_EXISTS, old)
#define CAS(from, to) made(CALL_CAS, from, to, INSTAR_OK, 0)
#define CAS_FAILED(from, to, there) made(CALL_CAS, from, to, INSTAR_CHANGED, there)

struct planted {
	const char *what;
	bool linearizable;
	struct {
		unsigned thread;
		struct call call;
		uint64_t begin, end;
	} calls[6];
};

/* Ends with the first call whose end is 0. */
static void check(const struct planted *p)
{
	struct history *history = history_new(3, 6);
	bool verdict;

	for (unsigned i = 0; i < 6 && p->calls[i].end; i++)
		history_append(history, p->calls[i].thread, p->calls[i].call, p->calls[i].begin, p->calls[i].end);
	verdict = linear_check(history, p->linearizable ? stdout : NULL);
	ok(verdict == p->linearizable, "%s: %s", p->what, p->linearizable ? "accepted" : "rejected");
	history_free(history);
}

static void wrong_histories(void)
{
	const struct planted wrong[] = {
		{ "a value out of nowhere", false, { { 0, INSERT(1), 1, 2 }, { 1, GET(2), 3, 4 } } },
		{ "a hit before any insert", false, { { 0, GET(1), 1, 2 }, { 1, INSERT(1), 3, 4 } } },
		{ "lost insert", false, { { 0, INSERT(1), 1, 2 }, { 1, MISS, 3, 4 } } },
		{ "lost update: two adds saw one value", false,
		  { { 0, INSERT(0), 1, 2 }, { 0, ADD(1, 0), 3, 6 }, { 1, ADD(1, 0), 4, 5 } } },
		{ "stale read", false, { { 0, INSERT(1), 1, 2 }, { 0, PUT(2, 1), 3, 4 }, { 1, GET(1), 5, 6 } } },
		{ "resurrected key", false, { { 0, INSERT(1), 1, 2 }, { 0, REMOVE(1), 3, 4 }, { 1, GET(1), 5, 6 } } },
		{ "two inserts of one key succeed", false, { { 0, INSERT(1), 1, 4 }, { 1, INSERT(2), 2, 3 } } },
		{ "removed twice", false,
		  { { 0, INSERT(1), 1, 2 }, { 0, REMOVE(1), 3, 6 }, { 1, REMOVE(1), 4, 5 } } },
		{ "refused by a key removed before", false,
		  { { 0, INSERT(1), 1, 2 }, { 0, REMOVE(1), 3, 4 }, { 1, INSERT_REFUSED(2, 1), 5, 6 } } },
		{ "reads that disagree on the order", false,
		  { { 0, INSERT(1), 1, 2 }, { 0, PUT(2, 1), 3, 10 }, { 1, GET(2), 4, 5 }, { 1, GET(1), 6, 7 } } },
		{ "replace of a value already replaced", false,
		  { { 0, INSERT(1), 1, 2 }, { 1, REPLACE(2, 1), 3, 6 }, { 2, REPLACE(3, 1), 4, 5 } } },
		{ "cas succeeds on a value that was gone", false,
		  { { 0, INSERT(1), 1, 2 }, { 0, PUT(2, 1), 3, 4 }, { 1, CAS(1, 5), 5, 6 } } },
		{ "cas failed without cause", false, { { 0, INSERT(1), 1, 2 }, { 1, CAS_FAILED(1, 2, 1), 3, 4 } } },
		{ "a miss between two hits of one value", false,
		  { { 0, INSERT(1), 1, 2 }, { 1, GET(1), 3, 4 }, { 1, MISS, 5, 6 }, { 1, GET(1), 7, 8 } } },
	};

	for (unsigned i = 0; i < sizeof wrong / sizeof *wrong; i++)
		check(&wrong[i]);
}

static void right_histories(void)
{
	const struct planted right[] = {
		{ "an empty history", true, { { 0, MISS, 1, 2 } } },
		{ "one after the other", true,
		  { { 0, INSERT(1), 1, 2 }, { 1, GET(1), 3, 4 }, { 0, REMOVE(1), 5, 6 }, { 1, MISS, 7, 8 } } },
		{ "a miss during the insert", true, { { 0, INSERT(1), 1, 4 }, { 1, MISS, 2, 3 } } },
		{ "a hit during the insert", true, { { 0, INSERT(1), 1, 4 }, { 1, GET(1), 2, 3 } } },
		{ "a hit, then nothing, during the remove", true,
		  { { 0, INSERT(1), 1, 2 }, { 0, REMOVE(1), 3, 8 }, { 1, GET(1), 4, 5 }, { 1, MISS, 6, 7 } } },
		{ "insert that began late takes effect first", true,
		  { { 0, INSERT_REFUSED(1, 2), 1, 6 }, { 1, INSERT(2), 2, 5 }, { 2, GET(2), 3, 4 } } },
		{ "three adds in the order of their answers", true,
		  { { 0, INSERT(0), 1, 2 }, { 0, ADD(1, 2), 3, 9 }, { 1, ADD(1, 0), 3, 9 }, { 2, ADD(1, 1), 3, 9 } } },
		{ "equal times overlap", true, { { 0, INSERT(1), 1, 3 }, { 1, MISS, 3, 4 } } },
		{ "a write that changes nothing now is needed later", true,
		  { { 0, INSERT(3), 1, 2 }, { 0, blind(PUT(3, 3)), 3, 12 }, { 1, PUT(5, 3), 4, 5 }, { 1, GET(5), 6, 7 },
		    { 1, GET(3), 8, 9 } } },
		{ "pending writes seen in the other order", true,
		  { { 0, INSERT(0), 1, 2 }, { 0, PUT(1, 2), 3, 9 }, { 1, PUT(2, 0), 3, 9 }, { 2, GET(2), 4, 5 },
		    { 2, GET(1), 6, 7 } } },
	};

	for (unsigned i = 0; i < sizeof right / sizeof *right; i++)
		check(&right[i]);
}

/* A map that is right because one lock guards it, and whose histories can be spoilt on purpose. */
struct locked {
	pthread_mutex_t lock;
	struct cell cells[64];
	struct history *history;
	uint64_t seed;
};

static void locked_calls(unsigned index, void *arg)
{
	struct locked *map = arg;
	struct history_log *log = &map->history->logs[index];
	struct rng rng = rng_stream(map->seed, index);

	while (!history_full(log)) {
		struct event *event = &log->events[log->n++];

		event->call = call_random(&rng, rng_below(&rng, 64), 4);
		event->begin = history_now();
		pthread_mutex_lock(&map->lock);
		event->call = call_answer(&event->call, &map->cells[event->call.key]);
		pthread_mutex_unlock(&map->lock);
		event->end = history_end();
	}
}

/* Makes one answer in the middle wrong in a way that no order can explain. */
static void spoil(struct history *history)
{
	struct history_log *log = &history->logs[1];

	for (size_t i = log->n / 2; i < log->n; i++)
		if (log->events[i].call.kind == CALL_GET && !log->events[i].call.blind) {
			log->events[i].call.status = INSTAR_OK;
			log->events[i].call.out = 1000;
			return;
		}
}

static void long_histories(uint64_t seed)
{
	struct locked map = { .lock = PTHREAD_MUTEX_INITIALIZER, .seed = seed };
	enum { THREADS = 4, CALLS = 250000 };

	map.history = history_new(THREADS, CALLS);
	run_threads(THREADS, locked_calls, &map);
	ok(linear_check(map.history, stdout), "a million calls by %d threads on 64 keys: accepted", THREADS);
	spoil(map.history);
	ok(!linear_check(map.history, NULL), "the same with one wrong answer: rejected");
	history_free(map.history);
}

int main(void)
{
	uint64_t seed = test_seed();

	wrong_histories();
	right_histories();
	long_histories(seed);
	return done_testing();
}
