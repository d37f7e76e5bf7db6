/*
 * src/status.c - statuses as words.
 */
#include <instar/status.h>

static const struct {
	const char *name, *text;
} words[] = {
	[INSTAR_OK] = { "INSTAR_OK", "done" },
	[INSTAR_EXISTS] = { "INSTAR_EXISTS", "the key is there already" },
	[INSTAR_NOTFOUND] = { "INSTAR_NOTFOUND", "no such key" },
	[INSTAR_CHANGED] = { "INSTAR_CHANGED", "the value is not the one expected" },
	[INSTAR_BUSY] = { "INSTAR_BUSY", "still in use, or more work waits" },
	[INSTAR_FULL] = { "INSTAR_FULL", "a limit is reached" },
	[INSTAR_NOMEM] = { "INSTAR_NOMEM", "out of memory" },
	[INSTAR_INVAL] = { "INSTAR_INVAL", "an argument is out of its range" },
	[INSTAR_UNSUPPORTED] = { "INSTAR_UNSUPPORTED", "not available in this build or with this scheme" },
	[INSTAR_STOPPED] = { "INSTAR_STOPPED", "stopped by a callback" },
	[INSTAR_TIMEOUT] = { "INSTAR_TIMEOUT", "the deadline passed" },
	[INSTAR_CANCELLED] = { "INSTAR_CANCELLED", "cancelled" },
	[INSTAR_MISUSE] = { "INSTAR_MISUSE", "not allowed here" },
	[INSTAR_CORRUPT] = { "INSTAR_CORRUPT", "damaged data, or a broken invariant" },
	[INSTAR_IO] = { "INSTAR_IO", "reading or writing failed" },
};

static int is_known(enum instar_status status)
{
	return (unsigned)status < sizeof words / sizeof words[0];
}

const char *instar_status_name(enum instar_status status)
{
	return is_known(status) ? words[status].name : "?";
}

const char *instar_status_text(enum instar_status status)
{
	return is_known(status) ? words[status].text : "unknown status";
}
