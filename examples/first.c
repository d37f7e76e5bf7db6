#include <instar/instar.h>
#include <stdio.h>

int main(void)
{
	instar_map *map;
	uint64_t value = 0;

	if (instar_map_create(&map, NULL, NULL) != INSTAR_OK)
		return 1;
	instar_put(map, NULL, 42, 1, NULL);
	instar_fetch_add(map, NULL, 42, 1, 0, NULL);
	instar_get(map, NULL, 42, &value);
	printf("%llu\n", (unsigned long long)value);
	return instar_map_destroy(map) != INSTAR_OK;
}
