/* stress/environment.c - asking the system, the processor's files and the compiler. */
#include "stress/environment.h"

#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>
#include <gnu/libc-version.h>

#include "stress/build.h"

static void set(json_t *to, const char *name, const char *value)
{
	if (value && *value)
		json_object_set_new(to, name, json_string(value));
}

/* The first line of a file, or the rest of the first line that starts with `prefix`. */
static const char *line_of(const char *path, const char *prefix, char *line, int size)
{
	FILE *file = fopen(path, "r");
	const char *found = NULL;

	if (!file)
		return NULL;
	while (!found && fgets(line, size, file)) {
		line[strcspn(line, "\n")] = 0;
		if (strncmp(line, prefix, strlen(prefix)) == 0)
			found = line + strlen(prefix) + strspn(line + strlen(prefix), " \t:");
	}
	fclose(file);
	return found;
}

static void set_processor(json_t *to)
{
	char line[256], path[96], size[64], name[48];

	set(to, "processor", line_of("/proc/cpuinfo", "model name", line, sizeof(line)));
	json_object_set_new(to, "cores", json_integer(sysconf(_SC_NPROCESSORS_ONLN)));
	for (int i = 0; i < 8; i++) {
		const char *level, *type;

		snprintf(path, sizeof(path), "/sys/devices/system/cpu/cpu0/cache/index%d/level", i);
		level = line_of(path, "", line, 16);
		if (!level)
			break;
		snprintf(path, sizeof(path), "/sys/devices/system/cpu/cpu0/cache/index%d/type", i);
		type = line_of(path, "", line + 16, 32);
		snprintf(name, sizeof(name), "cache L%.4s %.16s", level, type ? type : "");
		snprintf(path, sizeof(path), "/sys/devices/system/cpu/cpu0/cache/index%d/size", i);
		set(to, name, line_of(path, "", size, sizeof(size)));
	}
	set(to, "frequency governor",
	    line_of("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor", "", line, sizeof(line)));
	set(to, "NUMA nodes", line_of("/sys/devices/system/node/online", "", line, sizeof(line)));
}

json_t *environment_capture(void)
{
	json_t *to = json_object();
	struct utsname system;
	char line[256];
	time_t now = time(NULL);

	strftime(line, sizeof(line), "%Y-%m-%dT%H:%M:%SZ", gmtime(&now));
	set(to, "time", line);
	set_processor(to);
	set(to, "memory", line_of("/proc/meminfo", "MemTotal", line, sizeof(line)));
	set(to, "huge pages (THP)", line_of("/sys/kernel/mm/transparent_hugepage/enabled", "", line, sizeof(line)));
	if (uname(&system) == 0) {
		snprintf(line, sizeof(line), "%s %s %s", system.sysname, system.release, system.machine);
		set(to, "kernel", line);
	}
	set(to, "system", line_of("/etc/os-release", "PRETTY_NAME=", line, sizeof(line)));
	set(to, "C library", gnu_get_libc_version());
#ifdef __clang__
	set(to, "compiler", "clang " __clang_version__);
#else
	set(to, "compiler", "gcc " __VERSION__);
#endif
	set(to, "compiler flags", BUILD_FLAGS);
	set(to, "revision", BUILD_REVISION);
	set(to, "version", PACKAGE_VERSION);
	return to;
}
