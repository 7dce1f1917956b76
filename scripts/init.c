// SPDX-License-Identifier: GPL-2.0-only
/*
 * The only program of the test kernels: inserts the modules that /modules
 * lists, one "path parameters" a line, says so in the kernel log, powers off.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/syscall.h>
#include <unistd.h>

static int insert(const char *path, const char *parameters)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	return fd < 0 ? -1 : syscall(SYS_finit_module, fd, parameters, 0);
}

/* One write is one record of the kernel log. */
static void say(int log, const char *what, const char *which)
{
	char text[8448];

	snprintf(text, sizeof(text), "<6>ptf-init: %s %s\n", what, which);
	if (write(log, text, strlen(text)) < 0)
		perror("/dev/kmsg");
}

int main(void)
{
	FILE *list = fopen("/modules", "r");
	int log = open("/dev/kmsg", O_WRONLY);
	char line[8192];

	mount("proc", "/proc", "proc", 0, NULL);
	mount("sysfs", "/sys", "sysfs", 0, NULL);
	while (list && fgets(line, sizeof(line), list)) {
		char *parameters = strchr(line, ' ');

		line[strcspn(line, "\n")] = 0;
		if (parameters)
			*parameters++ = 0;
		say(log, "insert", line);
		if (insert(line, parameters ? parameters : "")) {
			say(log, strerror(errno), line);
			say(log, "failed", line);
			break;
		}
	}
	say(log, "end", "");
	sync();
	reboot(RB_POWER_OFF);
	return 1;
}
