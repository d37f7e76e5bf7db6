/* tests/install/user.c - what a stranger would write first, in the common subset of C11 and C++17. */
#include <instar/instar.h>
#include <stdio.h>

int main(void)
{
	struct instar_map_opts opts = INSTAR_MAP_OPTS_INIT;
	instar_map *map = NULL;
	uint64_t value = 0;
	enum instar_status status;

	opts.capacity = 1000;
	status = instar_map_create(&map, NULL, &opts);
	if (status != INSTAR_OK) {
		printf("create: %s\n", instar_status_text(status));
		return 1;
	}
	for (uint64_t key = 0; key < 1000; key++)
		if (instar_insert(map, NULL, key, key * key, NULL) != INSTAR_OK) {
			puts("a new key was not inserted");
			return 1;
		}
	if (instar_get(map, NULL, 31, &value) != INSTAR_OK || value != 961 || instar_size(map) != 1000) {
		puts("the map does not hold what was put there");
		return 1;
	}
	return instar_map_destroy(map) == INSTAR_OK ? 0 : 1;
}
