/* stress/torture_calls.c - calls on one key, and what each must answer. */
#include "stress/torture_parts.h"

enum { SALT_BITS = 20, SHARED_WINDOW = 500, WINDOW = 600 };

static const char *name(enum instar_status status)
{
	return instar_status_name(status);
}

/* Nobody else writes these keys, but a clear may have taken them. */
void torture_owned(struct hand *hand)
{
	uint64_t i = rng_below(&hand->rng, OWNED), values = rng_below(&hand->rng, 2) ? 4 : 1u << 30;
	struct call call = call_random(&hand->rng, torture_key(FOR_OWNED + hand->index, i), values), right;
	struct cell *cell = &hand->owned[i], absent = { 0, false };
	char text[2][CALL_TEXT];

	if (call.kind == CALL_COMPUTE)
		call.blind = false; /* else its answer would not tell whether the key was there */
	call_perform(&call, hand->torture->map, hand->thread);
	hand->calls++;
	if (torture_refused(hand->torture, call.status) || call_explained(&call, cell))
		return;
	if (hand->torture->clears && call_explained(&call, &absent)) {
		*cell = absent;
		return;
	}
	right = call_answer(&call, cell);
	torture_violation(hand->torture, "own key: %s, expected %s", call_text(&call, text[0], CALL_TEXT),
			  call_text(&right, text[1], CALL_TEXT));
}

/* One get_many: as many gets with the same begin and end. */
static void record_get_many(struct hand *hand)
{
	struct event *events = &hand->log->events[hand->log->n];
	uint64_t values[HOT], begin = history_now(), end;
	uint8_t found[HOT];

	instar_get_many(hand->torture->map, hand->thread, hand->torture->hot, HOT, values, found);
	end = history_end();
	for (unsigned i = 0; i < HOT; i++)
		events[i] = (struct event){ { .key = hand->torture->hot[i], .kind = CALL_GET,
					      .out = found[i] ? values[i] : 0,
					      .status = found[i] ? INSTAR_OK : INSTAR_NOTFOUND }, begin, end };
	hand->log->n += HOT;
}

void torture_hot(struct hand *hand)
{
	struct torture *torture = hand->torture;
	struct call call = call_random(&hand->rng, torture->hot[rng_below(&hand->rng, HOT)],
				       rng_below(&hand->rng, 2) ? 4 : 1u << 30);

	if (!hand->log || hand->log->n + HOT > hand->log->capacity)
		return;
	hand->calls++;
	if (!rng_below(&hand->rng, 50)) {
		record_get_many(hand);
		return;
	}
	history_perform(hand->log, &call, torture->map, hand->thread);
	if (torture_refused(torture, hand->log->events[hand->log->n - 1].call.status))
		hand->log->n--;
}

static void judge(struct hand *hand, const char *call, uint64_t key, uint64_t value)
{
	if (value >> SALT_BITS != (key & UINT32_MAX))
		torture_violation(hand->torture, "%s(%llu) gave a value of key %llu", call, (unsigned long long)key,
				  (unsigned long long)torture_key(FOR_SHARED, value >> SALT_BITS));
}

/* Keys that slide on, so that slots pass from key to key; every value tells its key. */
void torture_shared(struct hand *hand)
{
	instar_map *map = hand->torture->map;
	uint64_t front = __atomic_fetch_add(&hand->torture->front, !rng_below(&hand->rng, 3), __ATOMIC_RELAXED);
	uint64_t key = torture_key(FOR_SHARED, front + 8 - rng_below(&hand->rng, SHARED_WINDOW * 2));
	uint64_t value = key << SALT_BITS | rng_below(&hand->rng, 1 << SALT_BITS), old = value;

	value &= UINT64_MAX >> (32 - SALT_BITS);
	hand->calls++;
	switch (rng_below(&hand->rng, 8)) {
	case 0:
	case 1:
		if (instar_insert(map, hand->thread, key, value, &old) == INSTAR_EXISTS)
			judge(hand, "insert", key, old);
		break;
	case 2:
		if (instar_put(map, hand->thread, key, value, &old) == INSTAR_EXISTS)
			judge(hand, "put", key, old);
		break;
	case 3:
		if (instar_replace(map, hand->thread, key, value, &old) == INSTAR_OK)
			judge(hand, "replace", key, old);
		break;
	case 4:
		old = value;
		if (instar_cas(map, hand->thread, key, &old, value) == INSTAR_CHANGED)
			judge(hand, "cas", key, old);
		break;
	case 5:
		if (instar_get(map, hand->thread, key, &old) == INSTAR_OK)
			judge(hand, "get", key, old);
		break;
	default:
		key -= SHARED_WINDOW;
		if (instar_remove(map, hand->thread, key, &old) == INSTAR_OK)
			judge(hand, "remove", key, old);
	}
}

void torture_sum(struct hand *hand)
{
	uint64_t key = torture_key(FOR_SUMS, rng_below(&hand->rng, SUMS)), amount = rng_next(&hand->rng);
	enum instar_status status = instar_fetch_add(hand->torture->map, hand->thread, key, amount, 0, NULL);

	hand->calls++;
	if (torture_refused(hand->torture, status))
		return;
	hand->added += amount;
	if (status != INSTAR_OK && status != INSTAR_EXISTS)
		torture_violation(hand->torture, "fetch_add: %s", name(status));
}

void torture_trail(struct hand *hand)
{
	struct trail *trail = &hand->trail;
	uint64_t put = trail->begun;
	enum instar_status status;

	__atomic_store_n(&trail->begun, put + 1, __ATOMIC_SEQ_CST);
	do
		status = instar_put(hand->torture->map, hand->thread, trail_key(trail, put), put, NULL);
	while (torture_refused(hand->torture, status));
	__atomic_store_n(&trail->done, put + 1, __ATOMIC_SEQ_CST);
	hand->calls++;
	if (status != (put < TRAIL_KEYS ? INSTAR_OK : INSTAR_EXISTS) &&
	    !(hand->torture->clears && status == INSTAR_OK))
		torture_violation(hand->torture, "put number %llu of a trail: %s", (unsigned long long)put, name(status));
}

/* A new key comes, and the oldest goes once there are many: tables must grow, and then slots be used again. */
void torture_window(struct hand *hand)
{
	instar_map *map = hand->torture->map;
	uint64_t key = torture_key(FOR_WINDOW + hand->index, hand->inserted), old = 0;
	enum instar_status status = instar_insert(map, hand->thread, key, ~key, NULL);

	hand->calls++;
	if (torture_refused(hand->torture, status))
		return;
	hand->inserted++;
	if (status != INSTAR_OK)
		torture_violation(hand->torture, "insert of a new key: %s", name(status));
	if (hand->inserted - hand->removed <= WINDOW)
		return;
	key = torture_key(FOR_WINDOW + hand->index, hand->removed++);
	status = instar_remove(map, hand->thread, key, &old);
	hand->calls++;
	if (status == INSTAR_OK ? old != ~key : !hand->torture->clears)
		torture_violation(hand->torture, "remove of the oldest key: %s %llx", name(status),
				  (unsigned long long)old);
}
