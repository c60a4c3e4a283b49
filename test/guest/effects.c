/*
 * Tries operations and reports their effects, one JSON object a line:
 *
 *     effects [PROGRAM!...]OPERATION:TARGET...
 *
 * "PROGRAM!" has a copy of this program, at that path, try the operation; with several, each is the parent of the
 * next. "run:COMMAND" has a shell run the command.
 *
 * Each operation runs in a child that shares a buffer with this process. What it reads goes into that buffer,
 * so "bytes" counts what had arrived when the child ended, killed or not. For connections, "syns" counts the
 * TCP segments with SYN that left the machine.
 *
 *   pid     of the child
 *   signal  that killed it, or 0
 *   status  that it exited with: of `run`, the command's
 *   error   errno of the call that failed first, or 0
 *   bytes   that reached the shared buffer
 *   size    of the target afterwards, -1 when it is absent
 *   output  what a command wrote to its standard output, the beginning
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#define BUFFER_BYTES 4096
#define UNTOUCHED 0xEE
/* Where programs that are tried in turn find what they share. */
#define SHARED_FILE 100
#define OUTPUT_FILE 101
#define OUTPUT_BYTES 512

struct shared {
	unsigned char buffer[BUFFER_BYTES];
	int error;
	/* As waitpid gives it, of the program that tried the operation for others; -1 when none did. */
	int status;
};

static struct shared *shared;

/* Ends the child with the error of a call that failed. */
static void check(long result)
{
	if (result < 0) {
		shared->error = errno;
		_exit(1);
	}
}

static int opened(const char *path, int flags)
{
	int file = open(path, flags, 0644);
	check(file);
	return file;
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');
	return slash ? slash + 1 : path;
}

static void enter_directory_of(const char *path, int (*enter)(const char *))
{
	char directory[256];
	snprintf(directory, sizeof(directory), "%.*s", (int)(base_name(path) - path), path);
	check(enter(directory));
}

static void read_file(const char *path)
{
	check(read(opened(path, O_RDONLY), shared->buffer, BUFFER_BYTES));
}

static void pread_file(const char *path)
{
	check(pread(opened(path, O_RDONLY), shared->buffer, BUFFER_BYTES, 0));
}

static void readv_file(const char *path)
{
	struct iovec part = { shared->buffer, BUFFER_BYTES };
	check(readv(opened(path, O_RDONLY), &part, 1));
}

static void read_relative(const char *path)
{
	enter_directory_of(path, chdir);
	read_file(base_name(path));
}

static void read_chroot(const char *path)
{
	enter_directory_of(path, chroot);
	check(chdir("/"));
	read_file(base_name(path));
}

static void read_namespace(const char *path)
{
	check(unshare(CLONE_NEWNS));
	check(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL));
	read_file(path);
}

/* Without capabilities, and without having executed another program. */
static void read_as_user(const char *path)
{
	check(setresuid(1000, 1000, 1000));
	read_file(path);
}

/* In a namespace of its own for the host's name. */
static void read_renamed(const char *path)
{
	check(unshare(CLONE_NEWUTS));
	read_file(path);
}

/* With all capabilities, but only in a user namespace of its own. */
static void read_in_user_namespace(const char *path)
{
	check(unshare(CLONE_NEWUSER));
	read_file(path);
}

static void read_symlink(const char *path)
{
	unlink("/tmp/effects-link");
	check(symlink(path, "/tmp/effects-link"));
	read_file("/tmp/effects-link");
}

static void read_reopened(const char *path)
{
	char again[64];
	snprintf(again, sizeof(again), "/proc/self/fd/%d", opened(path, O_PATH));
	read_file(again);
}

static void read_mapped(const char *path)
{
	int file = opened(path, O_RDONLY);
	void *mapped = mmap(NULL, BUFFER_BYTES, PROT_READ, MAP_SHARED, file, 0);
	struct stat status;
	check(mapped == MAP_FAILED ? -1 : 0);
	check(fstat(file, &status));
	memcpy(shared->buffer, mapped, status.st_size < BUFFER_BYTES ? status.st_size : BUFFER_BYTES);
}

/* The pipe's other end is read here: what sendfile and splice move arrives in the shared buffer. */
static void drain(int pipe_end)
{
	check(fcntl(pipe_end, F_SETFL, O_NONBLOCK));
	if (read(pipe_end, shared->buffer, BUFFER_BYTES) < 0 && errno != EAGAIN)
		check(-1);
}

static void read_sendfile(const char *path)
{
	int ends[2];
	check(pipe(ends));
	check(sendfile(ends[1], opened(path, O_RDONLY), NULL, BUFFER_BYTES));
	drain(ends[0]);
}

static void read_splice(const char *path)
{
	int ends[2];
	check(pipe(ends));
	check(splice(opened(path, O_RDONLY), NULL, ends[1], NULL, BUFFER_BYTES, 0));
	drain(ends[0]);
}

static void write_file(const char *path, int flags)
{
	check(write(opened(path, O_WRONLY | flags), "overwritten\n", 12));
}

static void write_start(const char *path)
{
	write_file(path, 0);
}

static void append_file(const char *path)
{
	write_file(path, O_APPEND);
}

static void create_file(const char *path)
{
	write_file(path, O_CREAT | O_EXCL);
}

static void write_relative(const char *path)
{
	enter_directory_of(path, chdir);
	write_file(base_name(path), 0);
}

static void pwrite_file(const char *path)
{
	check(pwrite(opened(path, O_WRONLY), "overwritten\n", 12, 0));
}

static void write_mapped(const char *path)
{
	char *mapped = mmap(NULL, BUFFER_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, opened(path, O_RDWR), 0);
	check(mapped == MAP_FAILED ? -1 : 0);
	mapped[0] = '!';
	check(msync(mapped, BUFFER_BYTES, MS_SYNC));
}

static void open_truncating(const char *path)
{
	opened(path, O_WRONLY | O_TRUNC);
}

static void truncate_path(const char *path)
{
	check(truncate(path, 0));
}

static void truncate_open_file(const char *path)
{
	check(ftruncate(opened(path, O_WRONLY), 0));
}

/* Reads "ADDRESS/PORT"; an address with a colon is IPv6. Gives the length of the socket address. */
static socklen_t parse_address(const char *target, struct sockaddr_storage *address)
{
	struct sockaddr_in *v4 = (struct sockaddr_in *)address;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)address;
	const char *slash = strchr(target, '/');
	char host[64];
	if (!slash || slash - target >= (long)sizeof(host)) {
		fprintf(stderr, "effects: expected ADDRESS/PORT, got %s\n", target);
		exit(2);
	}
	snprintf(host, sizeof(host), "%.*s", (int)(slash - target), target);
	memset(address, 0, sizeof(*address));
	if (strchr(host, ':')) {
		v6->sin6_family = AF_INET6;
		v6->sin6_port = htons(atoi(slash + 1));
		inet_pton(AF_INET6, host, &v6->sin6_addr);
		return sizeof(*v6);
	}
	v4->sin_family = AF_INET;
	v4->sin_port = htons(atoi(slash + 1));
	inet_pton(AF_INET, host, &v4->sin_addr);
	return sizeof(*v4);
}

static void connect_socket(const char *target, int type)
{
	struct sockaddr_storage address;
	socklen_t length = parse_address(target, &address);
	int sock = socket(address.ss_family, type | SOCK_NONBLOCK, 0);
	check(sock);
	check(connect(sock, (struct sockaddr *)&address, length));
}

static void connect_tcp(const char *target)
{
	connect_socket(target, SOCK_STREAM);
}

static void connect_udp(const char *target)
{
	connect_socket(target, SOCK_DGRAM);
}

static void connect_fast_open(const char *target)
{
	struct sockaddr_storage address;
	socklen_t length = parse_address(target, &address);
	int sock = socket(address.ss_family, SOCK_STREAM | SOCK_NONBLOCK, 0);
	check(sock);
	check(sendto(sock, "hello", 5, MSG_FASTOPEN, (struct sockaddr *)&address, length));
}

#include "argument_operations.h"
#include "call_operations.h"
#include "user_operations.h"

static void run_command(const char *command)
{
	check(dup2(OUTPUT_FILE, STDOUT_FILENO));
	check(execl("/bin/sh", "sh", "-c", command, NULL));
}

static const struct operation {
	const char *name;
	void (*run)(const char *target);
} operations[] = {
	{ "read", read_file },
	{ "pread", pread_file },
	{ "readv", readv_file },
	{ "read-relative", read_relative },
	{ "read-chroot", read_chroot },
	{ "read-namespace", read_namespace },
	{ "read-as-user", read_as_user },
	{ "read-renamed", read_renamed },
	{ "read-in-user-namespace", read_in_user_namespace },
	{ "read-symlink", read_symlink },
	{ "read-reopened", read_reopened },
	{ "read-mapped", read_mapped },
	{ "sendfile", read_sendfile },
	{ "splice", read_splice },
	{ "write", write_start },
	{ "write-relative", write_relative },
	{ "pwrite", pwrite_file },
	{ "append", append_file },
	{ "create", create_file },
	{ "write-mapped", write_mapped },
	{ "open-truncating", open_truncating },
	{ "truncate", truncate_path },
	{ "ftruncate", truncate_open_file },
	{ "connect", connect_tcp },
	{ "connect-udp", connect_udp },
	{ "connect-fast-open", connect_fast_open },
	{ "mount", mount_source },
	{ "write-nul", write_nul },
	{ "write-nul-more", write_nul_more },
	{ "write-long", write_long },
	{ "writev", writev_parts },
	{ "unlink", unlink_path },
	{ "fchmod", fchmod_file },
	{ "fchmod-pipe", fchmod_pipe },
	{ "bpf-freeze", bpf_freeze },
	{ "capset", capset_to },
	{ "capset-gaining", capset_gaining },
	{ "send-udp", send_udp },
	{ "listen", listen_at },
	{ "call", call_once },
	{ "call-repeatedly", call_repeatedly },
	{ "call-variously", call_variously },
	{ "set-priority", set_priority },
	{ "link", link_path },
	{ "mkdir", make_directory },
	{ "rmdir", remove_directory },
	{ "rename-self", rename_self },
	{ "hand-socket", hand_socket },
	{ "send-on-handed", send_on_handed },
	{ "probe-function", probe_function },
	{ "probe-sign", probe_sign },
	{ "probe-text", probe_text },
	{ "probe-counted", probe_counted },
	{ "probe-points", probe_points },
	{ "probe-counters", probe_counters },
	{ "run", run_command },
};

/* Whether an outgoing packet is a TCP segment that opens a connection. */
static int is_syn(const unsigned char *packet, long length)
{
	long tcp;
	if (length >= 40 && packet[0] >> 4 == 4 && packet[9] == IPPROTO_TCP)
		tcp = (packet[0] & 15) * 4;
	else if (length >= 60 && packet[0] >> 4 == 6 && packet[6] == IPPROTO_TCP)
		tcp = 40;
	else
		return 0;
	return length > tcp + 13 && (packet[tcp + 13] & 2) != 0;
}

static int count_syns(int packets, int wait)
{
	int syns = 0;
	struct pollfd waiting = { packets, POLLIN, 0 };
	/* A segment may leave a moment after the call that asked for it. */
	while (poll(&waiting, 1, wait) > 0) {
		unsigned char packet[256];
		struct sockaddr_ll from;
		socklen_t from_length = sizeof(from);
		long length = recvfrom(packets, packet, sizeof(packet), MSG_DONTWAIT, (struct sockaddr *)&from,
				       &from_length);
		if (length > 0 && from.sll_pkttype == PACKET_OUTGOING)
			syns += is_syn(packet, length);
	}
	return syns;
}

static long size_of(const char *path)
{
	struct stat status;
	return stat(path, &status) == 0 ? (long)status.st_size : -1;
}

/* The operation that "NAME:TARGET" asks for, and its target. */
static const struct operation *parse_operation(const char *text, const char **target)
{
	const char *colon = strchr(text, ':');
	for (unsigned int at = 0; colon && at < sizeof(operations) / sizeof(operations[0]); at++)
		if (strlen(operations[at].name) == (size_t)(colon - text) &&
		    strncmp(operations[at].name, text, colon - text) == 0) {
			*target = colon + 1;
			return &operations[at];
		}
	fprintf(stderr, "effects: no operation %s\n", text);
	exit(2);
}

/* Splits "PROGRAM!REST"; NULL when no program is named before the operation. */
static const char *parse_program(const char *text, char *program, size_t room)
{
	const char *mark = strchr(text, '!');
	const char *colon = strchr(text, ':');
	if (!mark || (colon && colon < mark))
		return NULL;
	snprintf(program, room, "%.*s", (int)(mark - text), text);
	return mark + 1;
}

/* Becomes the program that is named first, or does what is asked. */
static void act(const char *text)
{
	char program[256];
	const char *target;
	const char *rest = parse_program(text, program, sizeof(program));
	if (rest)
		check(execl(program, program, "--in-turn", rest, NULL));
	else
		parse_operation(text, &target)->run(target);
}

/* A program between others: the one that it starts does what is asked. */
static void act_in_turn(const char *text)
{
	char program[256];
	int status;
	if (!parse_program(text, program, sizeof(program))) {
		act(text);
		return;
	}
	pid_t child = fork();
	if (child == 0) {
		act(text);
		_exit(0);
	}
	waitpid(child, &status, 0);
	if (shared->status < 0)
		shared->status = status;
}

static void print_output(void)
{
	unsigned char text[OUTPUT_BYTES];
	long length = pread(OUTPUT_FILE, text, sizeof(text), 0);
	printf(",\"output\":\"");
	for (long at = 0; at < length; at++)
		printf(text[at] < ' ' || text[at] > '~' || text[at] == '"' || text[at] == '\\' ? "\\u%04x" : "%c",
		       text[at]);
	printf("\"");
	if (ftruncate(OUTPUT_FILE, 0) != 0 || lseek(OUTPUT_FILE, 0, SEEK_SET) != 0)
		perror("effects");
}

static void try_operation(const char *text, int packets)
{
	char program[256];
	const char *target;
	const char *bare = text;
	int status = 0;
	int bytes = 0;
	for (const char *rest; (rest = parse_program(bare, program, sizeof(program))) != NULL;)
		bare = rest;
	const struct operation *operation = parse_operation(bare, &target);
	int network = strncmp(operation->name, "connect", 7) == 0;
	count_syns(packets, 0);
	memset(shared->buffer, UNTOUCHED, BUFFER_BYTES);
	shared->error = 0;
	shared->status = -1;
	fflush(stdout);
	pid_t child = fork();
	if (child == 0) {
		alarm(10);
		act(text);
		_exit(0);
	}
	waitpid(child, &status, 0);
	if (shared->status >= 0 && !WIFSIGNALED(status))
		status = shared->status;
	for (int index = 0; index < BUFFER_BYTES; index++)
		bytes += shared->buffer[index] != UNTOUCHED;
	printf("{\"operation\":\"%s\",\"pid\":%d,\"signal\":%d,\"error\":%d,\"bytes\":%d", operation->name, child,
	       WIFSIGNALED(status) ? WTERMSIG(status) : 0, shared->error, bytes);
	if (operation->run == run_command) {
		printf(",\"status\":%d", WEXITSTATUS(status));
		print_output();
	} else if (network) {
		printf(",\"target\":\"%s\",\"syns\":%d", target, count_syns(packets, 100));
	} else {
		printf(",\"target\":\"%s\",\"size\":%ld", target, size_of(target));
	}
	printf("}\n");
}

/* Memory that programs find again after exec. */
static void share_memory(void)
{
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED, SHARED_FILE, 0);
	if (shared == MAP_FAILED) {
		perror("effects");
		exit(2);
	}
}

static void make_file(const char *name, int descriptor, long bytes)
{
	int file = memfd_create(name, 0);
	if (file < 0 || ftruncate(file, bytes) != 0 || dup2(file, descriptor) < 0) {
		perror("effects");
		exit(2);
	}
	close(file);
}

int main(int argc, char **argv)
{
	if (argc == 3 && strcmp(argv[1], "--in-turn") == 0) {
		share_memory();
		act_in_turn(argv[2]);
		return 0;
	}
	int packets = socket(AF_PACKET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, htons(ETH_P_ALL));
	if (packets < 0) {
		perror("effects");
		return 2;
	}
	make_file("shared", SHARED_FILE, sizeof(*shared));
	make_file("output", OUTPUT_FILE, 0);
	share_memory();
	for (int index = 1; index < argc; index++)
		try_operation(argv[index], packets);
	return 0;
}
