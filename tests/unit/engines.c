/*
 * tests/unit/engines.c - which engine serves a scheme.
 */
#include <criterion/criterion.h>

#include "src/engine.h"

Test(engines, each_scheme_has_its_own)
{
	const struct instar_scheme_info *list;
	size_t n = instar_schemes(&list);

	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < i && list[i].available; j++)
			cr_assert_neq(engine_for(list[i].name), engine_for(list[j].name), "%s has that of %s",
				      list[i].name, list[j].name);
}

Test(engines, a_name_is_all_of_it)
{
	cr_assert_not_null(engine_for("ebr"));
	cr_assert_not_null(engine_for("ebr-fence"));
	cr_assert_null(engine_for("eb"));
	cr_assert_null(engine_for("ebr-"));
	cr_assert_null(engine_for("ebr-fences"));
	cr_assert_null(engine_for(""));
}
