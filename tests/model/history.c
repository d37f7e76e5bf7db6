/* tests/model/history.c - see history.h. */
#include "tests/model/history.h"

#include <string.h>

#include "tests/model/schedule.h"

enum { NOBODY = MAX_THREADS, KNOWN = 1 << 16 };

struct call calls[MAX_CALLS];
unsigned calls_n;

static struct call announced[MAX_THREADS + 1];
static bool is_announced[MAX_THREADS + 1];
static unsigned current[MAX_THREADS + 1]; /* index + 1 */
static unsigned ended_n[MAX_THREADS + 1];
static uint64_t moment;

void history_clear(void)
{
	calls_n = 0;
	moment = 0;
	memset(is_announced, 0, sizeof is_announced);
	memset(current, 0, sizeof current);
	memset(ended_n, 0, sizeof ended_n);
}

void history_announce(const struct call *call)
{
	announced[call->thread] = *call;
	is_announced[call->thread] = true;
}

/* Which calls have ended by now is part of the thread's state. */
static void learn_order(void)
{
	uint64_t h = 0;
	for (unsigned t = 0; t <= MAX_THREADS; t++)
		h = h * 64 + ended_n[t];
	if (trial.active)
		learn(h);
}

void history_now(unsigned thread)
{
	if (!is_announced[thread])
		return;
	is_announced[thread] = false;
	if (calls_n == MAX_CALLS)
		run_fail("more than %d calls", MAX_CALLS);
	calls[calls_n] = announced[thread];
	calls[calls_n].begun = ++moment;
	calls[calls_n].ended = 0;
	current[thread] = ++calls_n;
	learn_order();
}

void history_end(unsigned thread, enum instar_status status, uint64_t out)
{
	history_now(thread);
	if (!current[thread])
		return;
	struct call *c = &calls[current[thread] - 1];
	c->status = status;
	c->out = out;
	c->ended = ++moment;
	current[thread] = 0;
	ended_n[thread]++;
}

void history_show(unsigned thread, const struct content *shown)
{
	for (unsigned i = calls_n; i-- > 0;)
		if (calls[i].thread == thread && calls[i].verb == 'N') {
			calls[i].shown = shown;
			return;
		}
}

const struct call *history_current(unsigned thread)
{
	if (is_announced[thread])
		return &announced[thread];
	return current[thread] ? &calls[current[thread] - 1] : NULL;
}

/* ---- what the calls mean ---- */

static void set(struct content *c, uint64_t value)
{
	c->present = true;
	c->value = value;
}

static bool explains_insertion(const struct call *call, struct content *c)
{
	uint64_t old = c->present ? c->value : 0;
	bool was = c->present;
	if (call->verb == 'i' && was)
		return call->status == INSTAR_EXISTS && call->out == old;
	set(c, call->verb == 'f' ? old + call->a : call->a);
	if (!was)
		return call->status == INSTAR_OK;
	return call->status == INSTAR_EXISTS && call->out == old;
}

static bool explains_change(const struct call *call, struct content *c)
{
	if (!c->present)
		return call->status == INSTAR_NOTFOUND;
	if ((call->verb == 'c' || call->verb == 'x') && c->value != call->a)
		return call->status == INSTAR_CHANGED && (call->verb == 'x' || call->out == c->value);
	bool right = call->status == INSTAR_OK && (strchr("cx", call->verb) || call->out == c->value);
	if (call->verb == 'e' || call->verb == 'x')
		c->present = false;
	else if (call->verb != 'g')
		c->value = call->verb == 'c' ? call->b : call->a;
	return right;
}

bool call_explains(const struct call *call, struct content *content)
{
	return strchr("ipf", call->verb) ? explains_insertion(call, content) : explains_change(call, content);
}

bool content_equal(struct content a, struct content b)
{
	return a.present == b.present && (!a.present || a.value == b.value);
}

/* ---- all orders ---- */

static const struct call *listed[64];
static unsigned listed_n;
static struct content contents[MAX_KEYS];

static bool explains_all_keys(const struct call *call)
{
	bool right = call->status == INSTAR_OK;
	for (unsigned k = 0; k < MAX_KEYS; k++)
		if (call->verb == 'C')
			contents[k].present = false;
		else if (call->shown)
			right = right && content_equal(call->shown[k], contents[k]);
	return right;
}

static bool orders(uint64_t left);

/* This call next, then the others. */
static bool goes_next(unsigned i, uint64_t left)
{
	const struct call *call = listed[i];
	bool all_keys = call->key == MAX_KEYS, right;
	struct content before[MAX_KEYS];
	memcpy(before, all_keys ? contents : &contents[call->key], (all_keys ? MAX_KEYS : 1) * sizeof before[0]);
	right = all_keys ? explains_all_keys(call) : call_explains(call, &contents[call->key]);
	if ((right || !call->ended) && orders(left & ~((uint64_t)1 << i)))
		return true;
	memcpy(all_keys ? contents : &contents[call->key], before, (all_keys ? MAX_KEYS : 1) * sizeof before[0]);
	return false;
}

/* The calls of `left` (a mask) in some order, from these contents on. */
static bool orders(uint64_t left)
{
	uint64_t first_end = UINT64_MAX; /* of what is left: whatever begins after it comes later */
	for (unsigned i = 0; i < listed_n; i++)
		if (left >> i & 1 && listed[i]->ended && listed[i]->ended < first_end)
			first_end = listed[i]->ended;
	if (first_end == UINT64_MAX)
		return true; /* none but those that have not ended */
	for (unsigned i = 0; i < listed_n; i++)
		if (left >> i & 1 && listed[i]->begun < first_end && goes_next(i, left))
			return true;
	return false;
}

bool history_is_linearizable(const struct content initial[MAX_KEYS])
{
	listed_n = 0;
	for (unsigned i = 0; i < calls_n && listed_n < 63; i++)
		if (calls[i].key < MAX_KEYS || calls[i].verb == 'C' || calls[i].verb == 'N')
			listed[listed_n++] = &calls[i];
	memcpy(contents, initial, sizeof contents);
	return orders(((uint64_t)1 << listed_n) - 1);
}

static uint64_t known[KNOWN];

void history_forget(void)
{
	memset(known, 0, sizeof known);
}

bool history_is_known(uint64_t more)
{
	uint64_t h = more;
	for (unsigned i = 0; i < calls_n; i++) {
		const struct call *c = &calls[i];
		h = mix(h, (uint64_t)c->verb << 32 | c->thread << 16 | c->key);
		h = mix(h, c->a * 1000 + c->b);
		h = mix(h, c->out * 100 + (c->ended ? (uint64_t)c->status + 1 : 0));
		uint64_t before = 0;
		for (unsigned j = 0; j < calls_n; j++)
			before |= (uint64_t)(calls[j].ended && calls[j].ended < c->begun) << (j % 64);
		h = mix(h, before);
		for (unsigned k = 0; c->shown && k < MAX_KEYS; k++)
			h = mix(h, c->shown[k].present ? c->shown[k].value + 1 : 0);
	}
	if (known[h % KNOWN] == h)
		return true;
	known[h % KNOWN] = h;
	return false;
}
