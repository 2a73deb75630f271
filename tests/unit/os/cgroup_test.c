/* cgroup_test.c: the CPU quota, from fake /proc and /sys trees. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "os/linux/internal.h"
#include "test.h"

static char root[64];

static void
setup(void)
{
	strcpy(root, "/tmp/gort-cgroup-XXXXXX");
	CHECK(mkdtemp(root) != NULL);
}

/* Makes the directories on the way. */
static void
put(const char *path, const char *text)
{
	char full[512];
	snprintf(full, sizeof full, "%s%s", root, path);
	for (char *s = full + strlen(root) + 1; *s != 0; s++) {
		if (*s == '/') {
			*s = 0;
			mkdir(full, 0700);
			*s = '/';
		}
	}
	FILE *f = fopen(full, "w");
	CHECK(f != NULL);
	fputs(text, f);
	fclose(f);
}

/* The quota of the tree, which is then removed. */
static int64_t
quota(void)
{
	int64_t q = cgroupQuota(root, false);
	char cmd[128];
	snprintf(cmd, sizeof cmd, "rm -rf %s", root);
	CHECK(system(cmd) == 0);
	return q;
}

#define MOUNT2 "30 23 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate\n"
#define MOUNT1 "31 23 0:27 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct\n"
#define OTHERS                                                                                     \
	"22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw\n"                                  \
	"24 22 0:21 / /proc rw - proc proc rw\n"                                                   \
	"32 23 0:28 / /sys/fs/cgroup/cpuset rw - cgroup cgroup rw,cpuset\n"

TEST(os, cgroup, nothing_there)
{
	setup();
	CHECK_EQ(quota(), 0);
}

TEST(os, cgroup, v2)
{
	setup();
	put("/proc/self/cgroup", "0::/a/b\n");
	put("/proc/self/mountinfo", OTHERS MOUNT2);
	put("/sys/fs/cgroup/a/b/cpu.max", "150000 100000\n");
	CHECK_EQ(quota(), 1500);
}

TEST(os, cgroup, v2_max)
{
	setup();
	put("/proc/self/cgroup", "0::/a\n");
	put("/proc/self/mountinfo", MOUNT2);
	put("/sys/fs/cgroup/a/cpu.max", "max 100000\n");
	CHECK_EQ(quota(), 0);
}

/* The smallest of the group and its ancestors counts, the root of the mount among them. */
TEST(os, cgroup, v2_ancestors)
{
	setup();
	put("/proc/self/cgroup", "0::/a/b/c\n");
	put("/proc/self/mountinfo", MOUNT2);
	put("/sys/fs/cgroup/a/b/c/cpu.max", "400000 100000\n");
	put("/sys/fs/cgroup/a/b/cpu.max", "max 100000\n");
	put("/sys/fs/cgroup/a/cpu.max", "250000 100000\n");
	put("/sys/fs/cgroup/cpu.max", "300000 100000\n");
	CHECK_EQ(quota(), 2500);
	setup();
	put("/proc/self/cgroup", "0::/a\n");
	put("/proc/self/mountinfo", MOUNT2);
	put("/sys/fs/cgroup/cpu.max", "50000 100000\n");
	CHECK_EQ(quota(), 500);
}

/* In a container with its own cgroup namespace the group is "/", and still has a limit. */
TEST(os, cgroup, v2_namespace)
{
	setup();
	put("/proc/self/cgroup", "0::/\n");
	put("/proc/self/mountinfo", OTHERS MOUNT2);
	put("/sys/fs/cgroup/cpu.max", "20000 100000\n");
	CHECK_EQ(quota(), 200);
}

TEST(os, cgroup, v1)
{
	setup();
	put("/proc/self/cgroup", "5:cpuset:/x\n4:cpu,cpuacct:/a\n1:name=systemd:/y\n0::/z\n");
	put("/proc/self/mountinfo", OTHERS MOUNT1 MOUNT2);
	put("/sys/fs/cgroup/cpu,cpuacct/a/cpu.cfs_quota_us", "350000\n");
	put("/sys/fs/cgroup/cpu,cpuacct/a/cpu.cfs_period_us", "100000\n");
	put("/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us", "-1\n");
	put("/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us", "100000\n");
	/* The cpu controller is in the v1 hierarchy: this says nothing. */
	put("/sys/fs/cgroup/z/cpu.max", "10000 100000\n");
	CHECK_EQ(quota(), 3500);
}

TEST(os, cgroup, v1_unlimited)
{
	setup();
	put("/proc/self/cgroup", "4:cpu:/\n");
	put("/proc/self/mountinfo", "31 23 0:27 / /c rw - cgroup cgroup rw,cpu\n");
	put("/c/cpu.cfs_quota_us", "-1\n");
	put("/c/cpu.cfs_period_us", "100000\n");
	CHECK_EQ(quota(), 0);
}

/* A container on a v1 host: the mount shows only the container's part of the tree. */
TEST(os, cgroup, mount_root)
{
	setup();
	put("/proc/self/cgroup", "4:cpu,cpuacct:/docker/abc/sub\n");
	put("/proc/self/mountinfo",
		"31 23 0:27 /docker/ab /w rw - cgroup cgroup rw,cpu\n" /* not our prefix */
		"31 23 0:27 /docker/abc /my\\040cg rw master:1 shared:2 - cgroup cgroup rw,cpu\n");
	put("/my cg/sub/cpu.cfs_quota_us", "100000");
	put("/my cg/sub/cpu.cfs_period_us", "50000");
	CHECK_EQ(quota(), 2000);
}

/* The process was moved out of what its namespace shows. */
TEST(os, cgroup, outside)
{
	setup();
	put("/proc/self/cgroup", "0::/../other\n");
	put("/proc/self/mountinfo", MOUNT2);
	put("/sys/fs/cgroup/cpu.max", "20000 100000\n");
	put("/sys/fs/other/cpu.max", "20000 100000\n");
	CHECK_EQ(quota(), 0);
}

TEST(os, cgroup, strange_files)
{
	static const char *const values[] = {"", "\n", "max", "x 100000", "100000", "100000 ",
		"100000 0\n", "0 100000\n", "-5 100000\n", "99999999999999999999 100000",
		"9223372036854775807 1\n", "1e5 100000"};
	for (uintptr_t i = 0; i < nelem(values); i++) {
		setup();
		put("/proc/self/cgroup", "0::/\n");
		put("/proc/self/mountinfo", MOUNT2);
		put("/sys/fs/cgroup/cpu.max", values[i]);
		int64_t q = quota();
		CHECKF(q == 0, "\"%s\": %lld", values[i], (long long)q);
	}
	static const char *const groups[] = {
		"", "0", "0:", "0::", "::", "0::/", "x\n\n0::/\n", "4:cpu:", "4:cpu"};
	for (uintptr_t i = 0; i < nelem(groups); i++) {
		setup();
		put("/proc/self/cgroup", groups[i]);
		put("/proc/self/mountinfo", "\n - \n1\n1 2 3 4 5 6 7\n1 2 3 / /x - cgroup2\n");
		CHECK_EQ(quota(), 0);
	}
}

/* A line longer than any buffer is skipped to its end, whatever its end looks like; what follows
 * is read. */
TEST(os, cgroup, long_lines)
{
	for (size_t pad = 2048; pad <= 16384; pad *= 2) {
		setup();
		static char text[40000];
		memset(text, 'x', pad);
		strcpy(text + pad, "29 23 0:25 / /wrong rw - cgroup2 cgroup2 rw\n" MOUNT2);
		put("/proc/self/mountinfo", text);
		put("/proc/self/cgroup", "0::/");
		put("/sys/fs/cgroup/cpu.max", "70000 100000\n");
		put("/wrong/cpu.max", "30000 100000\n");
		CHECK_EQ(quota(), 700);
	}
}

/* Less than a thousandth of a CPU is still a limit. */
TEST(os, cgroup, tiny)
{
	setup();
	put("/proc/self/cgroup", "0::/");
	put("/proc/self/mountinfo", MOUNT2);
	put("/sys/fs/cgroup/cpu.max", "1 100000\n");
	CHECK_EQ(quota(), 1);
}

/* The quota is rounded up, but one CPU is the affinity mask's word alone. */
TEST(os, cgroup, allowed)
{
	CHECK_EQ(cpusAllowed(8, 0), 8);
	CHECK_EQ(cpusAllowed(8, 1), 2);
	CHECK_EQ(cpusAllowed(8, 1000), 2);
	CHECK_EQ(cpusAllowed(8, 2000), 2);
	CHECK_EQ(cpusAllowed(8, 2001), 3);
	CHECK_EQ(cpusAllowed(8, 8000), 8);
	CHECK_EQ(cpusAllowed(8, 100000), 8);
	CHECK_EQ(cpusAllowed(1, 500), 1);
	CHECK_EQ(cpusAllowed(1, 0), 1);
}

/* On this machine, both ways give the same. */
TEST(os, cgroup, shortcut)
{
	CHECK_EQ(cgroupQuota("", true), cgroupQuota("", false));
}
