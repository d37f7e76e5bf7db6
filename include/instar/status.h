/*
 * instar/status.h - what a call answers.
 *
 * Nothing in the library aborts, prints or exits: every failure is one of
 * these values, and a call that failed has changed nothing.
 */
#ifndef INSTAR_STATUS_H
#define INSTAR_STATUS_H

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define INSTAR_API __attribute__((visibility("default")))
#else
#define INSTAR_API
#endif

enum instar_status {
	INSTAR_OK = 0,
	INSTAR_EXISTS,      /* the key was there already */
	INSTAR_NOTFOUND,    /* no such key; or the end of a scan */
	INSTAR_CHANGED,     /* a comparison failed */
	INSTAR_BUSY,        /* bounded work used up, or the object is still in use */
	INSTAR_FULL,        /* a limit set by the caller is reached; or too many keys share their hashes' beginning (map.h) */
	INSTAR_NOMEM,       /* no memory; nothing changed */
	INSTAR_INVAL,       /* an argument is out of its range */
	INSTAR_UNSUPPORTED, /* known, but not in this build or not with this scheme */
	INSTAR_STOPPED,     /* a callback asked to stop */
	INSTAR_TIMEOUT,     /* a deadline passed */
	INSTAR_CANCELLED,   /* a cancel flag was raised */
	INSTAR_MISUSE,      /* the call is not allowed here (inside a section, say) */
	INSTAR_CORRUPT,     /* damaged input, or an audit found a broken invariant */
	INSTAR_IO           /* reading or writing failed; errno says why */
};

/* The enumerator's name, "INSTAR_OK"; "?" for a number that is none.  Never NULL. */
INSTAR_API const char *instar_status_name(enum instar_status status);

/* One short sentence for people, in English, without a newline.  Never NULL. */
INSTAR_API const char *instar_status_text(enum instar_status status);

#ifdef __cplusplus
}
#endif
#endif
