/* stress/count_versus.c - sort | uniq -c | sort. */
#include "stress/count_versus.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "stress/clock.h"

/* $1 is the delimiter, $2 the field, $3 the number of lines wanted (0: all), then the files. */
#define SCRIPT(keys) \
	"export LC_ALL=C; d=$1; f=$2; top=$3; shift 3; " keys " | uniq -c | sort -k1,1nr |" \
	"if test $top = 0; then cat; else head -n $top; fi"

static const char *const scripts[] = {
	[KEY_WORDS] = SCRIPT("for file; do tr -s '[:space:]' '\\n' <\"$file\"; echo; done | grep -av '^$' | sort"),
	[KEY_LINES] = SCRIPT("sort -- \"$@\""),
	[KEY_FIELDS] = SCRIPT("cut -d \"$d\" -f $f -- \"$@\" | sort"),
};

FILE *count_versus(const struct count_input *input, char **paths, size_t top, double *seconds)
{
	char delimiter[2] = { input->delimiter, 0 }, field[16], lines[32];
	static char shell[] = "sh", command[] = "-c";
	char **argv = calloc(input->file_count + 8, sizeof(*argv));
	double start = clock_seconds();
	FILE *out = tmpfile();
	int status = -1;
	pid_t child;

	if (!argv || !out)
		return NULL;
	snprintf(field, sizeof(field), "%u", input->field);
	snprintf(lines, sizeof(lines), "%zu", top);
	argv[0] = shell;
	argv[1] = command;
	argv[2] = strdup(scripts[input->kind]);
	argv[3] = shell;
	argv[4] = delimiter;
	argv[5] = field;
	argv[6] = lines;
	memcpy(argv + 7, paths, input->file_count * sizeof(*argv));
	fflush(NULL);
	child = fork();
	if (child == 0) {
		dup2(fileno(out), STDOUT_FILENO);
		execvp(shell, argv);
		_exit(127);
	}
	while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR)
		continue;
	*seconds = clock_seconds() - start;
	free(argv[2]);
	free(argv);
	if (status == 0)
		return out;
	fclose(out);
	return NULL;
}

bool same_bytes(FILE *a, FILE *b)
{
	char left[1 << 14], right[1 << 14];
	size_t n;

	rewind(a);
	rewind(b);
	do {
		n = fread(left, 1, sizeof(left), a);
		if (fread(right, 1, sizeof(right), b) != n || memcmp(left, right, n) != 0)
			return false;
	} while (n);
	return true;
}
