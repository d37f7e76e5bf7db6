/*
 * src/engines.c - the engines built in, and which of them serves a scheme on this processor.
 */

#include "src/engine.h"

/* The better instruction-set level, where the compiler and the processor have one. */
#if defined(ENGINE_BASE_ONLY)
#define LEVEL base
static int level_runs_here(void) { return 1; }
#elif defined(__x86_64__)
#include <cpuid.h>
#define LEVEL v3
/* x86-64-v3: what the compiler may use is more than AVX2, and a virtual machine may mask any of it. */
static int level_runs_here(void)
{
	const unsigned leaf1 = 1u << 12 | 1u << 22 | 1u << 29; /* FMA, MOVBE, F16C */
	const unsigned lzcnt = 1u << 5;
	unsigned a, b, c, d;
	__builtin_cpu_init();
	return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2") &&
	       __get_cpuid(1, &a, &b, &c, &d) && (c & leaf1) == leaf1 && __get_cpuid(0x80000001, &a, &b, &c, &d) &&
	       (c & lzcnt);
}
#elif defined(__aarch64__)
#include <sys/auxv.h>
#define LEVEL lse
static int level_runs_here(void)
{
	return (getauxval(AT_HWCAP) & 1ul << 8) != 0; /* HWCAP_ATOMICS */
}
#endif

#define PASTE(scheme, level) engine_##scheme##_##level
#define EXPAND(scheme, level) PASTE(scheme, level)

/* configure says of each scheme by SCHEME_<identifier> whether it is built in: 1 or 0. */
#define IF_1(...) __VA_ARGS__
#define IF_0(...)
#define IF_PASTE(built) IF_##built
#define IF(built) IF_PASTE(built)

#define INSTAR_SCHEME(name, requirement) \
	IF(SCHEME_##name)(extern const struct engine EXPAND(name, base), EXPAND(name, LEVEL);)
#include "reclaim/schemes.def"
#undef INSTAR_SCHEME

/* identifier: as in schemes.def; the public name has - for _. */
struct choice {
	const char *identifier;
	const struct engine *base, *better;
};

static const struct choice choices[] = {
#define INSTAR_SCHEME(name, requirement) IF(SCHEME_##name)({ #name, &EXPAND(name, base), &EXPAND(name, LEVEL) }, )
#include "reclaim/schemes.def"
#undef INSTAR_SCHEME
};

static int same_name(const char *identifier, const char *name)
{
	for (; *identifier && *name; identifier++, name++)
		if (*identifier != *name && !(*identifier == '_' && *name == '-'))
			return 0;
	return *identifier == *name;
}

const struct engine *engine_for(const char *scheme)
{
	for (size_t i = 0; i < sizeof choices / sizeof choices[0]; i++)
		if (same_name(choices[i].identifier, scheme))
			return level_runs_here() ? choices[i].better : choices[i].base;
	return NULL;
}
