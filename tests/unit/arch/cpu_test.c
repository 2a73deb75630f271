/* cpu_test.c: features against the compiler's own view of the CPU; levels; switching off. */
#include <string.h>

#include "arch/arch.h"
#include "test.h"

TEST(arch, cpu, features)
{
	__builtin_cpu_init();
	cpuinit();
	char vendor[13];
	cpuVendor(vendor);
	CHECK(strlen(vendor) > 0);
	CHECK_EQ(cpu.ssse3, __builtin_cpu_supports("ssse3") != 0);
	CHECK_EQ(cpu.sse41, __builtin_cpu_supports("sse4.1") != 0);
	CHECK_EQ(cpu.sse42, __builtin_cpu_supports("sse4.2") != 0);
	CHECK_EQ(cpu.popcnt, __builtin_cpu_supports("popcnt") != 0);
	CHECK_EQ(cpu.avx, __builtin_cpu_supports("avx") != 0);
	CHECK_EQ(cpu.avx2, __builtin_cpu_supports("avx2") != 0);
	CHECK_EQ(cpu.fma, __builtin_cpu_supports("fma") != 0);
	CHECK_EQ(cpu.bmi1, __builtin_cpu_supports("bmi") != 0);
	CHECK_EQ(cpu.bmi2, __builtin_cpu_supports("bmi2") != 0);
	CHECK_EQ(cpu.avx512f, __builtin_cpu_supports("avx512f") != 0);
	CHECK_EQ(cpu.avx512vl, __builtin_cpu_supports("avx512vl") != 0);
#if defined(__GNUC__) && !defined(__clang__)
	CHECK_EQ(cpu.aes, __builtin_cpu_supports("aes") != 0);
	CHECK_EQ(cpu.level >= 2, __builtin_cpu_supports("x86-64-v2") != 0);
	CHECK_EQ(cpu.level >= 3, __builtin_cpu_supports("x86-64-v3") != 0);
	CHECK_EQ(cpu.level >= 4, __builtin_cpu_supports("x86-64-v4") != 0);
#endif
	CHECK_EQ(cpu.level, cpuLevelFound());
}

TEST(arch, cpu, disable)
{
	CHECK(cpuDisable("aes", 3)); /* before cpuinit, as boot does it */
	CHECK(!cpuDisable("ae", 2));
	CHECK(!cpuDisable("aesx", 4));
	CHECK(!cpuDisable("", 0));
	cpuinit();
	CHECK(!cpu.aes);
	CHECK(cpuDisable("popcnt=off", 6));
	CHECK(!cpu.popcnt);
	CHECK(cpuDisable("all", 3));
	CHECK(!cpu.erms && !cpu.avx && !cpu.sse41);
}

void gort_cpulevel_need(int level);

TEST(arch, cpu, level_wanted)
{
	CHECK_EQ(cpuLevelWanted(), 1); /* the library and its tests are built for the baseline */
	gort_cpulevel_need(3);
	gort_cpulevel_need(2);
	CHECK_EQ(cpuLevelWanted(), 3);
}

#if GORT_DEBUG || GORT_HARD
TEST(arch, cpu, pretend)
{
	static char lesser[] = "GORT_CPU_PRETEND=1", bad[] = "GORT_CPU_PRETEND=x";
	char *env[] = {bad, NULL};
	int level = cpuLevelFound();
	cpuPretend(env);
	CHECK_EQ(cpuLevelFound(), level);
	env[0] = lesser;
	cpuPretend(env);
	CHECK_EQ(cpuLevelFound(), 1);
}
#endif
