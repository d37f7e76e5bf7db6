/* stress/runner.c - a process for each cell, and what it printed. */
#include "stress/runner.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "stress/clock.h"

static volatile sig_atomic_t interrupted;

static void note_interrupt(int signal)
{
	interrupted = signal;
}

void runner_catch_interrupts(void)
{
	struct sigaction action = { .sa_handler = note_interrupt };

	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
}

int runner_interrupted(void)
{
	return interrupted ? 128 + interrupted : 0;
}

/* In the child; does not return. */
static void become_cell(const struct cell *cell, const struct key_file *keys, int out)
{
	json_t *json = cell_to_json(cell);
	static char name[] = "instar-stress", command[] = "cell";
	char *line = json_dumps(json, JSON_COMPACT), fd[16];
	char *argv[] = { name, command, line, fd, NULL };

	snprintf(fd, sizeof(fd), "%d", keys->fd);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	signal(SIGINT, SIG_DFL);
	signal(SIGTERM, SIG_DFL);
	/* glibc's malloc asks for 2 MiB pages like the tables do. */
	if (cell->hugepages)
		setenv("GLIBC_TUNABLES", "glibc.malloc.hugetlb=1", 1);
	dup2(out, STDOUT_FILENO);
	execv("/proc/self/exe", argv);
	_exit(127);
}

/* What the child writes, until it closes its end, time is up or the user interrupts. */
static size_t read_output(int fd, char *text, size_t size, double until)
{
	size_t length = 0;

	while (!interrupted && length < size - 1) {
		struct pollfd ready = { .fd = fd, .events = POLLIN };
		double left = until - clock_seconds();
		ssize_t n;

		if (left <= 0)
			break;
		if (poll(&ready, 1, left > 1 ? 1000 : (int)(left * 1000) + 1) <= 0)
			continue;
		n = read(fd, text + length, size - 1 - length);
		if (n <= 0)
			break;
		length += (size_t)n;
	}
	text[length] = 0;
	return length;
}

/* Long enough for the slowest map on a slow machine. */
static double time_limit(const struct cell *cell)
{
	return 30 + 4 * cell->seconds + (double)cell->entries * 60e-6;
}

static json_t *failure(const char *why, int status)
{
	char text[160];

	if (WIFSIGNALED(status))
		snprintf(text, sizeof(text), "%s (signal %d: %s)", why, WTERMSIG(status), strsignal(WTERMSIG(status)));
	else
		snprintf(text, sizeof(text), "%s (status %d)", why, WEXITSTATUS(status));
	return json_pack("{s:s}", "failure", text);
}

/* The result of one cell; NULL when interrupted. */
static json_t *run_cell(const struct cell *cell, const struct key_file *keys)
{
	static char text[1 << 20];
	double until = clock_seconds() + time_limit(cell);
	json_t *result;
	int out[2], status;
	pid_t child;

	if (pipe2(out, O_CLOEXEC) != 0)
		return json_pack("{s:s}", "failure", "no pipe");
	fflush(NULL);
	child = fork();
	if (child == 0)
		become_cell(cell, keys, out[1]);
	close(out[1]);
	if (child < 0) {
		close(out[0]);
		return json_pack("{s:s}", "failure", "no process");
	}
	read_output(out[0], text, sizeof(text), until);
	close(out[0]);
	if (interrupted || clock_seconds() >= until)
		kill(child, SIGKILL);
	while (waitpid(child, &status, 0) < 0 && errno == EINTR)
		continue;
	if (interrupted)
		return NULL;
	result = json_loads(text, 0, NULL);
	if (result && status == 0)
		return result;
	json_decref(result);
	return failure(clock_seconds() >= until ? "time limit" : "it crashed", status);
}

static void show_progress(const struct cell *cell, size_t at, size_t count, double start)
{
	double spent = clock_seconds() - start;
	unsigned left = at ? (unsigned)(spent / (double)at * (double)(count - at)) : 0;

	fprintf(stderr, "\r\033[K[%zu/%zu] %s, %s, %u threads", at + 1, count, cell->workload->name, cell->map,
		cell->threads);
	if (at)
		fprintf(stderr, "; %u:%02u left", left / 60, left % 60);
	fflush(stderr);
}

/* Whether cell `at` begins a repetition that would end too late, as long as those before it took. */
static bool too_late(const struct cell *cells, size_t at, double start, double seconds)
{
	double spent = clock_seconds() - start;
	size_t before = 0;

	if (seconds == 0 || at == 0 || cells[at].run == cells[at - 1].run)
		return false;
	while (before < at && cells[before].run == cells[0].run)
		before++;
	return spent / (double)at * (double)(at + before) > seconds;
}

bool runner_run(const struct cell *cells, size_t count, const struct key_file *keys, double seconds,
		void (*take)(json_t *result, void *context), void *context)
{
	bool terminal = isatty(STDERR_FILENO);
	double start = clock_seconds();

	for (size_t i = 0; i < count && !interrupted && !too_late(cells, i, start, seconds); i++) {
		json_t *record = cell_to_json(&cells[i]), *result;

		if (terminal)
			show_progress(&cells[i], i, count, start);
		result = run_cell(&cells[i], keys);
		if (result) {
			json_object_update(record, result);
			take(record, context);
		}
		json_decref(result);
		json_decref(record);
	}
	if (terminal)
		fputs("\r\033[K", stderr);
	return !interrupted;
}
