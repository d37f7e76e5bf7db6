/* stress/file_view.h - a whole file as bytes: mapped where it can be, else read. */
#ifndef STRESS_FILE_VIEW_H
#define STRESS_FILE_VIEW_H

#include <stdbool.h>
#include <stddef.h>

struct file_view {
	const char *bytes;
	size_t size;
	bool mapped;
};

/* "-" is standard input.  False: it cannot be read, errno says why. */
bool file_view_open(struct file_view *view, const char *path);
void file_view_close(struct file_view *view);

#endif
