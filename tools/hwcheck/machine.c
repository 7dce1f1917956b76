// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include "machine.h"

/* Bytes that wait to be sent, or to be parsed */
struct buffer {
	char *data;
	size_t used, room, parsed;
};

/* A socket to QEMU, or the pipe of its log */
struct channel {
	int fd;
	struct buffer in, out;
};

enum { QTEST, LOG, GDB, MONITOR, CHANNELS };

static const char *const channel_name[] = { "qtest", "log", "gdb", "monitor" };
static struct channel channels[CHANNELS];
static pid_t qemu;
static unsigned int pending;	/* qtest commands without an answer */
static u64 answer;		/* value of the last one */
static const struct hw_ram *ram;
static int ram_fd = -1;
static char ram_path[64];
static char *ram_map;

void hw_die(const char *fmt, ...)
{
	va_list args;

	fflush(stdout);
	fprintf(stderr, "error: ");
	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
	fprintf(stderr, "\n");
	exit(2);
}

/* RAM */

void hw_ram_init(const struct hw_ram *which)
{
	if (ram_map) {
		munmap(ram_map, ram->bytes + ram->high_bytes);
		close(ram_fd);
	}
	ram = which;
	ram_fd = memfd_create("hwcheck", 0);
	if (ram_fd < 0 || ftruncate(ram_fd, ram->bytes + ram->high_bytes))
		hw_die("RAM: %s", strerror(errno));
	snprintf(ram_path, sizeof(ram_path), "/proc/%d/fd/%d", getpid(), ram_fd);
	ram_map = mmap(NULL, ram->bytes + ram->high_bytes, PROT_READ | PROT_WRITE, MAP_SHARED,
		       ram_fd, 0);
	if (ram_map == MAP_FAILED)
		hw_die("RAM: %s", strerror(errno));
}

void hw_ram_clear(void)
{
	u64 behind = HW_OWN_BYTES + HW_TABLE_BYTES;

	if (fallocate(ram_fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, HW_OWN_BYTES) ||
	    fallocate(ram_fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, behind,
		      ram->bytes + ram->high_bytes - behind))
		hw_die("RAM: %s", strerror(errno));
}

void *hw_ram_at(u64 pa)
{
	if (pa - ram->pa < ram->bytes)
		return ram_map + (pa - ram->pa);
	if (pa - ram->high_pa < ram->high_bytes)
		return ram_map + ram->bytes + (pa - ram->high_pa);
	return NULL;
}

int hw_ram_fd(void)
{
	return ram_fd;
}

/* Channels */

static void buffer_forget(struct buffer *b)
{
	b->used = 0;
	b->parsed = 0;
}

static char *buffer_room(struct buffer *b, size_t bytes)
{
	if (b->parsed == b->used)
		buffer_forget(b);
	if (b->data && b->used + bytes > b->room) {
		memmove(b->data, b->data + b->parsed, b->used - b->parsed);
		b->used -= b->parsed;
		b->parsed = 0;
	}
	if (b->used + bytes > b->room) {
		b->room = 2 * (b->used + bytes);
		b->data = realloc(b->data, b->room);
		if (!b->data)
			hw_die("out of memory");
	}
	return b->data + b->used;
}

static void buffer_put(struct buffer *b, const char *data, size_t bytes)
{
	memcpy(buffer_room(b, bytes), data, bytes);
	b->used += bytes;
}

/* The next line, without its end; NULL if it is not there yet */
static char *buffer_line(struct buffer *b)
{
	char *line = b->data + b->parsed, *end;

	if (b->parsed == b->used)
		return NULL;
	end = memchr(line, '\n', b->used - b->parsed);
	if (!end)
		return NULL;
	*end = 0;
	if (end > line && end[-1] == '\r')
		end[-1] = 0;
	b->parsed += end + 1 - line;
	return line;
}

static void qemu_died(void)
{
	char *line;

	fprintf(stderr, "QEMU ended\n");
	while ((line = buffer_line(&channels[LOG].in)))
		fprintf(stderr, "  %s\n", line);
	hw_die("QEMU ended");
}

static bool channels_unsent(void)
{
	int i;

	for (i = 0; i < CHANNELS; i++)
		if (channels[i].fd >= 0 && channels[i].out.parsed < channels[i].out.used)
			return true;
	return false;
}

/* Send and receive on all channels until something happens; for at most 60 s. */
static void channels_pump(void)
{
	struct pollfd fds[CHANNELS];
	struct channel *c;
	ssize_t n;
	int i;

	for (i = 0; i < CHANNELS; i++) {
		c = &channels[i];
		fds[i] = (struct pollfd){ .fd = c->fd, .events = POLLIN };
		if (c->out.parsed < c->out.used)
			fds[i].events |= POLLOUT;
	}
	if (poll(fds, CHANNELS, 60000) <= 0)
		hw_die("QEMU does not answer");
	for (i = 0; i < CHANNELS; i++) {
		c = &channels[i];
		if (fds[i].revents & POLLOUT) {
			n = write(c->fd, c->out.data + c->out.parsed, c->out.used - c->out.parsed);
			if (n > 0)
				c->out.parsed += n;
		}
		if (fds[i].revents & (POLLIN | POLLHUP)) {
			n = read(c->fd, buffer_room(&c->in, 65536), 65536);
			if (n <= 0 && errno != EAGAIN)
				qemu_died();
			if (n > 0)
				c->in.used += n;
		}
	}
}

/* Start and stop */

static void channel_open(struct channel *c, int fd)
{
	c->fd = fd;
	buffer_forget(&c->in);
	buffer_forget(&c->out);
	fcntl(fd, F_SETFL, O_NONBLOCK);
	fcntl(fd, F_SETFD, FD_CLOEXEC);
}

static const char *find_program(const char *program, char *path, size_t bytes)
{
	const char *dir = getenv("QEMU_DIR");

	if (!dir)
		hw_die("QEMU_DIR is not set; run scripts/hwcheck.sh");
	snprintf(path, bytes, "%s/%s", dir, program);
	if (access(path, X_OK))
		hw_die("no %s in %s; scripts/fetch.sh qemu fetches it", program, dir);
	return path;
}

void hw_start(const char *program, unsigned int flags, const char *const *args)
{
	static bool exits;
	char path[4096], object[160], chardev[CHANNELS][64];
	const char *argv[128];
	int pairs[CHANNELS][2], i, n = 0;

	hw_stop();
	if (!exits)
		atexit(hw_stop);
	exits = true;
	argv[n++] = find_program(program, path, sizeof(path));
	snprintf(object, sizeof(object),
		 "memory-backend-file,id=ram,share=on,size=%llu,mem-path=%s",
		 ram->bytes + ram->high_bytes, ram_path);
	for (const char *const *p = (const char *const[]){
		"-S", "-nodefaults", "-no-user-config", "-display", "none", "-object", object,
		NULL }; *p; p++)
		argv[n++] = *p;
	for (i = 0; i < CHANNELS; i++) {
		channels[i].fd = -1;
		if ((i == GDB && !(flags & HW_GDB)) || (i == MONITOR && !(flags & HW_MONITOR)))
			continue;
		if (i == LOG ? pipe(pairs[i]) : socketpair(AF_UNIX, SOCK_STREAM, 0, pairs[i]))
			hw_die("%s: %s", channel_name[i], strerror(errno));
		channel_open(&channels[i], pairs[i][0]);
		if (i == LOG)
			continue;
		snprintf(chardev[i], sizeof(chardev[i]), "socket,id=%s,fd=%d", channel_name[i],
			 pairs[i][1]);
		argv[n++] = "-chardev";
		argv[n++] = chardev[i];
	}
	argv[n++] = "-qtest";
	argv[n++] = "chardev:qtest";
	argv[n++] = "-qtest-log";
	argv[n++] = "none";
	if (flags & HW_GDB) {
		argv[n++] = "-gdb";
		argv[n++] = "chardev:gdb";
	}
	if (flags & HW_MONITOR) {
		argv[n++] = "-mon";
		argv[n++] = "chardev=monitor,mode=readline";
	}
	if (getenv("HWCHECK_TRACE")) {
		argv[n++] = "-trace";
		argv[n++] = getenv("HWCHECK_TRACE");
	}
	while (*args && n < (int)ARRAY_SIZE(argv) - 1)
		argv[n++] = *args++;
	argv[n] = NULL;

	qemu = fork();
	if (qemu < 0)
		hw_die("fork: %s", strerror(errno));
	if (!qemu) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		i = open("/dev/null", O_RDWR);
		dup2(i, 0);
		dup2(pairs[LOG][1], 1);
		dup2(pairs[LOG][1], 2);
		execv(path, (char **)argv);
		perror(path);
		_exit(127);
	}
	for (i = 0; i < CHANNELS; i++)
		if (channels[i].fd >= 0)
			close(pairs[i][1]);
	pending = 0;
	hw_qtest("endianness");		/* it runs, and answers */
	hw_sync();
}

void hw_stop(void)
{
	int i;

	if (!qemu)
		return;
	kill(qemu, SIGKILL);
	waitpid(qemu, NULL, 0);
	qemu = 0;
	for (i = 0; i < CHANNELS; i++)
		if (channels[i].fd >= 0)
			close(channels[i].fd);
}

/* qtest */

void hw_qtest(const char *fmt, ...)
{
	char line[256];
	va_list args;
	int n;

	va_start(args, fmt);
	n = vsnprintf(line, sizeof(line) - 1, fmt, args);
	va_end(args);
	line[n++] = '\n';
	buffer_put(&channels[QTEST].out, line, n);
	pending++;
}

void hw_sync(void)
{
	char *line;

	while (channels_unsent())
		channels_pump();
	while (pending) {
		line = buffer_line(&channels[QTEST].in);
		if (!line) {
			channels_pump();
			continue;
		}
		if (!strncmp(line, "IRQ", 3))
			continue;
		if (strncmp(line, "OK", 2))
			hw_die("qtest: %s", line);
		if (line[2])
			answer = strtoull(line + 3, NULL, 0);
		pending--;
	}
	/* QEMU wrote its log before it answered. */
	for (;;) {
		struct pollfd fd = { .fd = channels[LOG].fd, .events = POLLIN };

		if (poll(&fd, 1, 0) <= 0)
			return;
		channels_pump();
	}
}

const char *hw_log_line(void)
{
	const char *line = buffer_line(&channels[LOG].in);

	if (line && getenv("HWCHECK_TRACE"))
		printf("      %s\n", line);
	return line;
}

void hw_write32(u64 pa, u32 value)
{
	hw_qtest("writel 0x%llx 0x%x", pa, value);
}

void hw_write64(u64 pa, u64 value)
{
	hw_qtest("writeq 0x%llx 0x%llx", pa, value);
}

u32 hw_read32(u64 pa)
{
	hw_qtest("readl 0x%llx", pa);
	hw_sync();
	return answer;
}

u64 hw_read64(u64 pa)
{
	hw_qtest("readq 0x%llx", pa);
	hw_sync();
	return answer;
}

void hw_outl(u16 port, u32 value)
{
	hw_qtest("outl 0x%x 0x%x", port, value);
}

u32 hw_inl(u16 port)
{
	hw_qtest("inl 0x%x", port);
	hw_sync();
	return answer;
}

/* gdb */

void hw_gdb_send(const char *packet)
{
	unsigned int sum = 0, i;
	char tail[4];

	for (i = 0; packet[i]; i++)
		sum += (u8)packet[i];
	snprintf(tail, sizeof(tail), "#%02x", sum & 0xff);
	buffer_put(&channels[GDB].out, "+$", 2);
	buffer_put(&channels[GDB].out, packet, i);
	buffer_put(&channels[GDB].out, tail, 3);
}

const char *hw_gdb_answer(void)
{
	struct buffer *b = &channels[GDB].in;
	char *start, *end;

	for (;;) {
		start = b->used > b->parsed ?
			memchr(b->data + b->parsed, '$', b->used - b->parsed) : NULL;
		end = start ? memchr(start, '#', b->data + b->used - start) : NULL;
		if (end && end + 3 <= b->data + b->used)
			break;
		channels_pump();
	}
	*end = 0;
	b->parsed = end + 3 - b->data;
	return start + 1;
}

const char *hw_gdb(const char *packet)
{
	hw_gdb_send(packet);
	return hw_gdb_answer();
}

/* Monitor: everything up to the prompt, without the command's echo */
static const char *monitor_answer(void)
{
	static const char prompt[] = "(qemu) ";
	struct buffer *b = &channels[MONITOR].in;
	char *start, *end;

	for (;;) {
		start = b->data + b->parsed;
		end = b->used > b->parsed ? memmem(start, b->used - b->parsed, prompt,
						   sizeof(prompt) - 1) : NULL;
		if (end)
			break;
		channels_pump();
	}
	*end = 0;
	b->parsed = end + sizeof(prompt) - 1 - b->data;
	end = strchr(start, '\n');
	return end ? end + 1 : "";
}

const char *hw_monitor(const char *command)
{
	static bool greeted;

	if (!greeted)
		monitor_answer();
	greeted = true;
	buffer_put(&channels[MONITOR].out, command, strlen(command));
	buffer_put(&channels[MONITOR].out, "\n", 1);
	return monitor_answer();
}
