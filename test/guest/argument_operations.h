/* Operations whose calls have arguments of many types: texts, buffers, descriptors, addresses, capabilities. */
#include <linux/capability.h>
#include <sys/syscall.h>

/* "SOURCE/TYPE": mounts on a directory of its own, in a mount namespace of its own. */
static void mount_source(const char *target)
{
	const char *slash = strchr(target, '/');
	char source[64];

	check(slash ? 0 : -1);
	snprintf(source, sizeof(source), "%.*s", (int)(slash - target), target);
	check(unshare(CLONE_NEWNS));
	check(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL));
	mkdir("/tmp/effects-mount", 0755);
	check(mount(source, "/tmp/effects-mount", slash + 1, 0, NULL));
}

static void write_bytes(const char *path, const void *bytes, size_t count)
{
	check(write(opened(path, O_WRONLY | O_CREAT | O_TRUNC), bytes, count));
}

static void write_nul(const char *path)
{
	write_bytes(path, "a\0b", 3);
}

static void write_nul_more(const char *path)
{
	write_bytes(path, "a\0bc", 4);
}

static void write_long(const char *path)
{
	static char bytes[9000];

	memset(bytes, 'x', sizeof(bytes));
	write_bytes(path, bytes, sizeof(bytes));
}

static void writev_parts(const char *path)
{
	struct iovec parts[] = { { "first-", 6 }, { "second", 6 } };

	check(writev(opened(path, O_WRONLY | O_CREAT | O_TRUNC), parts, 2));
}

static void unlink_path(const char *path)
{
	check(unlink(path));
}

static void fchmod_file(const char *path)
{
	check(fchmod(opened(path, O_RDONLY), 0640));
}

static void fchmod_pipe(const char *target)
{
	int ends[2];

	check(pipe(ends));
	/* The kernel changes the mode of a pipe's inode. */
	check(fchmod(ends[0], 0600));
}

/* Freezes a map that is none: the command is looked at before the map. */
static void bpf_freeze(const char *target)
{
	unsigned char attributes[128] = { 0xff, 0xff, 0xff, 0x7f };

	check(syscall(SYS_bpf, 22, attributes, 4));
}

static void set_capabilities(unsigned effective, unsigned permitted)
{
	struct __user_cap_header_struct header = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct sets[2] = { { effective, permitted, 0 }, { 0, 0, 0 } };

	check(syscall(SYS_capset, &header, sets));
}

/* "HEX": keeps these of the first 32 capabilities, effective and permitted. */
static void capset_to(const char *target)
{
	unsigned set = strtoul(target, NULL, 16);

	set_capabilities(set, set);
}

/* "HEX": permits these, and makes them effective in a second step. */
static void capset_gaining(const char *target)
{
	unsigned set = strtoul(target, NULL, 16);

	set_capabilities(0, set);
	set_capabilities(set, set);
}

static void send_udp(const char *target)
{
	struct sockaddr_storage address;
	socklen_t length = parse_address(target, &address);
	int sock = socket(address.ss_family, SOCK_DGRAM, 0);

	check(sock);
	check(sendto(sock, "hello", 5, 0, (struct sockaddr *)&address, length));
}

static void listen_at(const char *target)
{
	struct sockaddr_storage address;
	socklen_t length = parse_address(target, &address);
	int sock = socket(address.ss_family, SOCK_STREAM, 0);

	check(sock);
	check(bind(sock, (struct sockaddr *)&address, length));
	check(listen(sock, 1));
}
