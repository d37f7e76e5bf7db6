/* stress/html.h - text into HTML. */
#ifndef STRESS_HTML_H
#define STRESS_HTML_H

#include <stdio.h>

/* The text with the characters that mean something to HTML replaced. */
void html_text(FILE *out, const char *text);

/* The page's style and script, the whole elements. */
extern const char html_style[], html_script[];

#endif
