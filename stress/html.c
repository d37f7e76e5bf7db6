/* stress/html.c - escaping, and the report's style and script. */
#include "stress/html.h"

void html_text(FILE *out, const char *text)
{
	for (; *text; text++) {
		switch (*text) {
		case '<': fputs("&lt;", out); break;
		case '>': fputs("&gt;", out); break;
		case '&': fputs("&amp;", out); break;
		case '"': fputs("&quot;", out); break;
		default: fputc(*text, out);
		}
	}
}

const char html_style[] =
	"<style>\n"
	":root { color-scheme: light dark; --ink: #1c2126; --soft: #667078; --page: #fff; --line: #d6dbe0; --mark: #e4f0e0 }\n"
	"@media (prefers-color-scheme: dark) {\n"
	"  :root { --ink: #dde2e6; --soft: #98a2aa; --page: #15181b; --line: #384047; --mark: #24402a } }\n"
	"body { font: 15px/1.45 system-ui, sans-serif; color: var(--ink); background: var(--page);\n"
	"  max-width: 90rem; margin: 2rem auto; padding: 0 1.5rem }\n"
	"h1, h2, h3 { line-height: 1.2; margin: 1.8em 0 .5em } h1 { margin-top: 0 }\n"
	"p { max-width: 50rem } .soft, small { color: var(--soft) } .bad { color: #c8432f; font-weight: 600 }\n"
	".wide { overflow-x: auto; max-width: 100% }\n"
	"table { border-collapse: collapse; font-size: 13px; font-variant-numeric: tabular-nums }\n"
	"th, td { padding: .25em .7em; border-bottom: 1px solid var(--line); text-align: right; white-space: nowrap }\n"
	"th { text-align: right; vertical-align: bottom } th:first-child, td:first-child { text-align: left }\n"
	"td.text { text-align: left; white-space: normal; min-width: 12rem }\n"
	"td.best { background: var(--mark); font-weight: 600 } td.best::after { content: ' \\2605' }\n"
	"table.sortable th { cursor: pointer } table.sortable th[data-order]::after { content: ' \\25b2' }\n"
	"table.sortable th[data-order='down']::after { content: ' \\25bc' }\n"
	".figure { display: flex; flex-wrap: wrap; gap: 1.5rem; align-items: flex-start }\n"
	".figure svg { width: 640px; max-width: 100%; height: auto; color: var(--ink) }\n"
	".matrix td { line-height: 1.25; padding: .25em .45em } .matrix th { padding: .25em .45em }\n"
	"summary { cursor: pointer; margin: 1em 0 }\n"
	"</style>\n";

/* Clicking a heading sorts its table by that column: numbers as numbers, the rest as text. */
const char html_script[] =
	"<script>\n"
	"document.querySelectorAll('table.sortable th').forEach(function (th) {\n"
	"  th.addEventListener('click', function () {\n"
	"    var table = th.closest('table'), body = table.tBodies[0], column = th.cellIndex;\n"
	"    var down = th.dataset.order === 'up' ? -1 : 1;\n"
	"    table.querySelectorAll('th').forEach(function (other) { delete other.dataset.order; });\n"
	"    th.dataset.order = down < 0 ? 'down' : 'up';\n"
	"    Array.from(body.rows).sort(function (a, b) {\n"
	"      var x = a.cells[column].textContent, y = b.cells[column].textContent;\n"
	"      var order = x !== '' && y !== '' && !isNaN(x) && !isNaN(y) ? x - y : x.localeCompare(y);\n"
	"      return down * order;\n"
	"    }).forEach(function (row) { body.appendChild(row); });\n"
	"  });\n"
	"});\n"
	"</script>\n";
