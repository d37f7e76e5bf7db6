/* reclaim/ping.c - see ping.h. */
#include <errno.h>
#include <signal.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "reclaim/ping.h"
#include "reclaim/private.h"

enum { PATIENCE = 20, PAUSE_NS = 100000, ASK_AGAIN = 16 };

/* ---- answering ---- */

/* ORD:ping-answer — seq_cst: pending, then the clock; then a fence, and a release; pairs with ORD:ping-ask (ping.c);
 * carries what the thread wrote before, and G to what it reads after */
static void ping_answer(struct ping *ping)
{
	uint64_t now;

	store_seq_cst(&ping->pending, 0);
	now = load_seq_cst(ping->clock);
	fence_seq_cst();
	store_release(&ping->answered, now);
}

static void answer_all(void)
{
	for (struct ping *p = this_thread.pings; p; p = p->next)
		ping_answer(p);
}

static void on_ping(int number)
{
	(void)number;
	answer_all();
}

/* ---- the signal ---- */

/* Ours from now on, if it is nobody else's. */
static enum instar_status take_signal(int number)
{
	struct sigaction ours = { .sa_handler = on_ping, .sa_flags = SA_RESTART | SA_ONSTACK }, before;

	sigemptyset(&ours.sa_mask);
	if (sigaction(number, NULL, &before) != 0)
		return INSTAR_INVAL;
	if (!(before.sa_flags & SA_SIGINFO) && before.sa_handler == on_ping)
		return INSTAR_OK;
	if ((before.sa_flags & SA_SIGINFO) || before.sa_handler != SIG_DFL)
		return INSTAR_BUSY;
	return sigaction(number, &ours, NULL) == 0 ? INSTAR_OK : INSTAR_INVAL;
}

enum instar_status ping_domain_init(instar_domain *domain)
{
	enum instar_status status = INSTAR_BUSY;

	if (domain->opts.flags & INSTAR_DOMAIN_NO_IPI) /* a signal is one */
		return INSTAR_UNSUPPORTED;
	if (domain->opts.signal)
		return take_signal(domain->opts.signal);
	for (int number = SIGRTMAX; number >= SIGRTMIN && status != INSTAR_OK; number--) {
		domain->opts.signal = number;
		status = take_signal(number);
	}
	return status == INSTAR_OK ? INSTAR_OK : INSTAR_BUSY;
}

/* ---- handles come and go ---- */

void ping_attach(instar_domain *domain, struct ping *ping, const uint64_t *clock)
{
	sigset_t signals;

	sigemptyset(&signals);
	sigaddset(&signals, domain->opts.signal);
	pthread_sigmask(SIG_UNBLOCK, &signals, NULL);
	ping->clock = clock;
	ping->next = this_thread.pings;
	compiler_barrier();
	this_thread.pings = ping;
	compiler_barrier();
	store_relaxed(&ping->pending, 0);
	store_seq_cst(&ping->thread, (int)syscall(SYS_gettid)); /* ORD:ping-answer */
	ping_answer(ping);
}

void ping_detach(struct ping *ping)
{
	struct ping **link = &this_thread.pings;

	/* ORD:ping-leave — release; pairs with ORD:ping-ask (ping.c); carries all that the thread did with the handle */
	store_release(&ping->thread, 0);
	while (*link && *link != ping)
		link = &(*link)->next;
	if (*link)
		*link = ping->next;
}

void ping_lost(struct ping *ping)
{
	store_relaxed(&ping->thread, 0);
}

void ping_after_fork(void)
{
	for (struct ping *p = this_thread.pings; p; p = p->next) {
		store_relaxed(&p->pending, 0);
		store_relaxed(&p->thread, (int)syscall(SYS_gettid));
	}
}

/* ---- asking ---- */

static struct ping *ping_of(instar_thread *t, size_t offset)
{
	return (struct ping *)((char *)t + offset);
}

/* ORD:ping-ask — seq_cst; pairs with ORD:ping-answer, ORD:ping-leave (ping.c).  false: not yet. */
static bool has_answered(const struct ping *ping, uint64_t n)
{
	return !load_seq_cst(&ping->thread) || load_acquire(&ping->answered) >= n;
}

/* Where a signal is under way already, another at the 16th, 32nd, 64th ... time: real-time signals queue, and who blocks it
 * is asked often. */
static void ask(const instar_domain *domain, struct ping *ping)
{
	int thread = load_seq_cst(&ping->thread);

	if (!thread)
		return;
	if (exchange_seq_cst(&ping->pending, thread) != thread) { /* ORD:ping-ask */
		store_relaxed(&ping->asked, 0);
	} else {
		unsigned n = fetch_add_relaxed(&ping->asked, 1) + 1;

		if (n < ASK_AGAIN || n & (n - 1))
			return;
	}
	if (syscall(SYS_tgkill, getpid(), thread, domain->opts.signal) != 0)
		store_seq_cst(&ping->pending, 0);
}

bool ping_all(instar_domain *domain, size_t offset, uint64_t n)
{
	instar_thread *handles = domain_handles(domain);
	bool asked = false;

	answer_all();
	for (instar_thread *t = handles; t; t = t->next)
		if (!has_answered(ping_of(t, offset), n)) {
			ask(domain, ping_of(t, offset));
			asked = true;
		}
	if (!asked)
		return true;
	fetch_add_relaxed(&domain->counters.barriers, 1);
	for (instar_thread *t = handles; t; t = t->next)
		if (!has_answered(ping_of(t, offset), n))
			return false;
	return true;
}

bool ping_wait(instar_domain *domain, size_t offset, uint64_t n)
{
	for (unsigned i = 0; i < PATIENCE; i++) {
		if (ping_all(domain, offset, n))
			return true;
		nanosleep(&(struct timespec){ 0, PAUSE_NS }, NULL);
	}
	return false;
}
