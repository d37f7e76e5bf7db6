/*
 * tests/support/audit.h - what an audit says of a map, of either kind, that was damaged on purpose.
 */
#ifndef TESTS_SUPPORT_AUDIT_H
#define TESTS_SUPPORT_AUDIT_H

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <instar/status.h>

typedef enum instar_status audit_check(void *map, FILE *report);

/* Without `what` it finds nothing, else that among others; and the same without a report. */
static inline bool audit_finds(audit_check *check, void *map, const char *what)
{
	char *text = NULL;
	size_t size;
	FILE *report = open_memstream(&text, &size);
	enum instar_status status = check(map, report);
	bool said;

	fclose(report);
	said = what ? status == INSTAR_CORRUPT && strstr(text, what) : status == INSTAR_OK && !size;
	free(text);
	return said && check(map, NULL) == status;
}

#endif
