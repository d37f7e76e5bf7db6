/*
 * tests/unit/status.c - names and texts of statuses.
 */
#include <criterion/criterion.h>
#include <instar/status.h>

Test(status, names_are_the_enumerators)
{
	cr_assert_str_eq(instar_status_name(INSTAR_OK), "INSTAR_OK");
	cr_assert_str_eq(instar_status_name(INSTAR_EXISTS), "INSTAR_EXISTS");
	cr_assert_str_eq(instar_status_name(INSTAR_NOTFOUND), "INSTAR_NOTFOUND");
	cr_assert_str_eq(instar_status_name(INSTAR_CHANGED), "INSTAR_CHANGED");
	cr_assert_str_eq(instar_status_name(INSTAR_BUSY), "INSTAR_BUSY");
	cr_assert_str_eq(instar_status_name(INSTAR_FULL), "INSTAR_FULL");
	cr_assert_str_eq(instar_status_name(INSTAR_NOMEM), "INSTAR_NOMEM");
	cr_assert_str_eq(instar_status_name(INSTAR_INVAL), "INSTAR_INVAL");
	cr_assert_str_eq(instar_status_name(INSTAR_UNSUPPORTED), "INSTAR_UNSUPPORTED");
	cr_assert_str_eq(instar_status_name(INSTAR_STOPPED), "INSTAR_STOPPED");
	cr_assert_str_eq(instar_status_name(INSTAR_TIMEOUT), "INSTAR_TIMEOUT");
	cr_assert_str_eq(instar_status_name(INSTAR_CANCELLED), "INSTAR_CANCELLED");
	cr_assert_str_eq(instar_status_name(INSTAR_MISUSE), "INSTAR_MISUSE");
	cr_assert_str_eq(instar_status_name(INSTAR_CORRUPT), "INSTAR_CORRUPT");
	cr_assert_str_eq(instar_status_name(INSTAR_IO), "INSTAR_IO");
	cr_assert_str_eq(instar_status_name((enum instar_status)(INSTAR_IO + 1)), "?");
	cr_assert_str_eq(instar_status_name((enum instar_status)-1), "?");
}

Test(status, texts_are_different_single_lines)
{
	for (int s = INSTAR_OK; s <= INSTAR_IO; s++) {
		const char *text = instar_status_text((enum instar_status)s);

		cr_assert_not_null(text);
		cr_assert(text[0] && !strchr(text, '\n'));
		for (int other = INSTAR_OK; other < s; other++)
			cr_assert_str_neq(text, instar_status_text((enum instar_status)other));
	}
	cr_assert_not_null(instar_status_text((enum instar_status)1000));
}
