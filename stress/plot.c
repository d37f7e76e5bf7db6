/* stress/plot.c - running gnuplot and fitting its SVG into a page. */
#include "stress/plot.h"

#include <errno.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

/* Runs gnuplot with the given standard input and output.  True: it ended well. */
static bool run_gnuplot(int in, int out)
{
	static char name[] = "gnuplot";
	char *argv[] = { name, NULL };
	posix_spawn_file_actions_t actions;
	int status = -1;
	pid_t child;

	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, in, STDIN_FILENO);
	posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
	if (posix_spawnp(&child, name, &actions, NULL, argv, environ) == 0)
		while (waitpid(child, &status, 0) < 0 && errno == EINTR)
			continue;
	posix_spawn_file_actions_destroy(&actions);
	return status == 0;
}

bool plot_available(void)
{
	FILE *nothing = tmpfile();
	bool ok = nothing && run_gnuplot(fileno(nothing), fileno(nothing));

	if (nothing)
		fclose(nothing);
	return ok;
}

FILE *plot_begin(unsigned height)
{
	FILE *script = tmpfile();

	if (script)
		fprintf(script,
			"set terminal svg size 640,%u dynamic enhanced font 'sans-serif,12' linewidth 1.2\n"
			"set encoding utf8\nset border 3\nset tics nomirror\nset grid xtics ytics lc rgb '#888888' lw 0.4\n"
			"set key outside below\n",
			height);
	return script;
}

static const struct {
	const char *line;
	int point;
} styles[] = {
	{ "lc rgb '#3b7fc4' dt 1", 7 }, { "lc rgb '#d9822b' dt 2", 5 },	 { "lc rgb '#3f9d5a' dt 3", 9 },
	{ "lc rgb '#9a6bc7' dt 4", 11 }, { "lc rgb '#cc4b4b' dt 5", 13 }, { "lc rgb '#2fa5a5' dt 1", 6 },
	{ "lc rgb '#b08a2e' dt 2", 4 }, { "lc rgb '#c45f9f' dt 3", 8 },	 { "lc rgb '#7a8288' dt 4", 10 },
	{ "lc rgb '#6d8f1f' dt 5", 12 }, { "lc rgb '#5b6fd6' dt 1", 1 }, { "lc rgb '#a0522d' dt 2", 2 },
};

enum { STYLES = sizeof(styles) / sizeof(styles[0]) };

const char *plot_line_style(size_t n)
{
	return styles[n % STYLES].line;
}

int plot_point_style(size_t n)
{
	return styles[n % STYLES].point;
}

static char *read_whole(FILE *file)
{
	long size;
	char *text;

	if (fseek(file, 0, SEEK_END) != 0 || (size = ftell(file)) < 0)
		return NULL;
	text = malloc((size_t)size + 1);
	rewind(file);
	if (text)
		text[fread(text, 1, (size_t)size, file)] = 0;
	return text;
}

/* From the <svg> on; black becomes the ink of the page, names become unique in it. */
static void write_svg(const char *svg, unsigned number, FILE *page)
{
	static const char *const blacks[] = { "rgb(  0,   0,   0)", "\"black\"", "'black'" };
	static const char *const inks[] = { "currentColor", "\"currentColor\"", "'currentColor'" };
	static const char *const names[] = { "id=\"", "id='", "xlink:href='#", "url(#" };

	while (*svg) {
		bool replaced = false;

		for (size_t i = 0; i < 3 && !replaced; i++)
			if (strncmp(svg, blacks[i], strlen(blacks[i])) == 0) {
				fputs(inks[i], page);
				svg += strlen(blacks[i]);
				replaced = true;
			}
		for (size_t i = 0; i < 4 && !replaced; i++)
			if (strncmp(svg, names[i], strlen(names[i])) == 0) {
				fprintf(page, "%splot%u-", names[i], number);
				svg += strlen(names[i]);
				replaced = true;
			}
		if (!replaced)
			fputc(*svg++, page);
	}
}

bool plot_end(FILE *script, FILE *page)
{
	static unsigned number;
	FILE *out = tmpfile();
	char *text = NULL;
	const char *svg;
	bool ok;

	fflush(script);
	rewind(script);
	ok = out && run_gnuplot(fileno(script), fileno(out)) && (text = read_whole(out)) != NULL &&
	     (svg = strstr(text, "<svg")) != NULL;
	if (ok)
		write_svg(svg, ++number, page);
	free(text);
	fclose(script);
	if (out)
		fclose(out);
	return ok;
}
