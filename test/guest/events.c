/*
 * Does what portable events are about, one JSON object a line:
 *
 *     events OPERATION:TARGET...
 *
 * Each operation runs in a child. "error" is the errno of the call that failed, or 0; "signal" killed the
 * child, or 0; "changed" says whether the target's existence, contents, mode or owner are others than before;
 * "bytes" is how many bytes of it the child got.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/aio_abi.h>
#include <linux/bpf.h>
#include <linux/capability.h>
#include <linux/io_uring.h>
#include <linux/mount.h>
#include <linux/openat2.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAGE 4096
#define TEXT "changed\n"
#define TEXT_BYTES 8
/* A file that every operation may read. */
#define SOURCE "/srv/free/source"

static struct shared {
	int error;
	int bytes;
} *shared;

/* Ends the child with the error of a call that failed. */
static long check(long result)
{
	if (result < 0) {
		shared->error = errno;
		_exit(1);
	}
	return result;
}

static int opened(const char *path, int flags)
{
	return check(open(path, flags, 0644));
}

static void got(long bytes)
{
	shared->bytes += check(bytes);
}

/* ---- open and read ---- */

static void do_open(const char *path) { opened(path, O_RDONLY); }
static void do_open_for_writing(const char *path) { opened(path, O_RDWR); }

static void do_openat2(const char *path)
{
	struct open_how how = { .flags = O_RDONLY };
	check(syscall(SYS_openat2, AT_FDCWD, path, &how, sizeof(how)));
}

static void do_open_relative(const char *path)
{
	int directory = opened("/srv", O_PATH | O_DIRECTORY);
	check(openat(directory, path + strlen("/srv/"), O_RDONLY));
}

static void do_read(const char *path)
{
	char buffer[PAGE];
	got(read(opened(path, O_RDONLY), buffer, sizeof(buffer)));
}

static void do_pread(const char *path)
{
	char buffer[PAGE];
	got(pread(opened(path, O_RDONLY), buffer, sizeof(buffer), 0));
}

static void do_readv(const char *path)
{
	char buffer[PAGE];
	struct iovec part = { buffer, sizeof(buffer) };
	got(readv(opened(path, O_RDONLY), &part, 1));
}

static void do_sendfile_from(const char *path)
{
	int ends[2];
	check(pipe(ends));
	got(sendfile(ends[1], opened(path, O_RDONLY), NULL, PAGE));
}

static void do_splice_from(const char *path)
{
	int ends[2];
	check(pipe(ends));
	got(splice(opened(path, O_RDONLY), NULL, ends[1], NULL, PAGE, 0));
}

static void do_copy_from(const char *path)
{
	int copy = opened("/srv/free/copy", O_WRONLY | O_CREAT | O_TRUNC);
	got(copy_file_range(opened(path, O_RDONLY), NULL, copy, NULL, PAGE, 0));
}

static void *mapped(const char *path, int open_flags, int protection, int flags)
{
	void *memory = mmap(NULL, PAGE, protection, flags, opened(path, open_flags), 0);
	check(memory == MAP_FAILED ? -1 : 0);
	return memory;
}

static void do_map(const char *path)
{
	shared->bytes += ((char *)mapped(path, O_RDONLY, PROT_READ, MAP_PRIVATE))[0] != 0;
}

static void do_map_then_protect(const char *path)
{
	char *memory = mapped(path, O_RDONLY, PROT_NONE, MAP_PRIVATE);
	check(mprotect(memory, PAGE, PROT_READ));
	shared->bytes += memory[0] != 0;
}

static void do_list(const char *path)
{
	DIR *directory = opendir(path);
	check(directory ? 0 : -1);
	errno = 0;
	while (readdir(directory))
		shared->bytes++;
	check(errno ? -1 : 0);
}

/* One io_uring operation; gives its result as a system call would. */
static long uring(int opcode, int file, const void *buffer, unsigned length, unsigned long offset)
{
	struct io_uring_params setup = {};
	int ring = check(syscall(SYS_io_uring_setup, 4, &setup));
	size_t bytes = setup.sq_off.array + setup.sq_entries * sizeof(unsigned);
	size_t completions = setup.cq_off.cqes + setup.cq_entries * sizeof(struct io_uring_cqe);
	char *queue = mmap(NULL, bytes > completions ? bytes : completions, PROT_READ | PROT_WRITE, MAP_SHARED, ring,
			   IORING_OFF_SQ_RING);
	struct io_uring_sqe *entry = mmap(NULL, setup.sq_entries * sizeof(*entry), PROT_READ | PROT_WRITE, MAP_SHARED,
					  ring, IORING_OFF_SQES);
	check(queue == MAP_FAILED || entry == MAP_FAILED ? -1 : 0);
	entry->opcode = opcode;
	entry->fd = file;
	entry->addr = (unsigned long)buffer;
	entry->len = length;
	entry->off = offset;
	((unsigned *)(queue + setup.sq_off.array))[0] = 0;
	__atomic_store_n((unsigned *)(queue + setup.sq_off.tail), 1, __ATOMIC_RELEASE);
	check(syscall(SYS_io_uring_enter, ring, 1, 1, IORING_ENTER_GETEVENTS, NULL, 0));
	int result = ((struct io_uring_cqe *)(queue + setup.cq_off.cqes))->res;
	errno = -result;
	return result < 0 ? -1 : result;
}

static void do_uring_read(const char *path)
{
	char buffer[PAGE];
	got(uring(IORING_OP_READ, opened(path, O_RDONLY), buffer, sizeof(buffer), 0));
}

static long aio(int opcode, int file, void *buffer, unsigned length)
{
	aio_context_t context = 0;
	struct iocb block = { .aio_lio_opcode = opcode,
			      .aio_fildes = file,
			      .aio_buf = (unsigned long)buffer,
			      .aio_nbytes = length };
	struct iocb *blocks[] = { &block };
	struct io_event done = {};
	check(syscall(SYS_io_setup, 1, &context));
	check(syscall(SYS_io_submit, context, 1, blocks));
	check(syscall(SYS_io_getevents, context, 1, 1, &done, NULL));
	errno = -done.res;
	return done.res < 0 ? -1 : done.res;
}

static void do_uring_open(const char *path) { check(uring(IORING_OP_OPENAT, AT_FDCWD, path, 0, 0)); }

static void do_aio_read(const char *path)
{
	char buffer[PAGE];
	got(aio(IOCB_CMD_PREAD, opened(path, O_RDONLY), buffer, sizeof(buffer)));
}

/* ---- write ---- */

static void do_write(const char *path) { check(write(opened(path, O_WRONLY), TEXT, TEXT_BYTES)); }
static void do_append(const char *path) { check(write(opened(path, O_WRONLY | O_APPEND), TEXT, TEXT_BYTES)); }
static void do_pwrite(const char *path) { check(pwrite(opened(path, O_WRONLY), TEXT, TEXT_BYTES, 0)); }

static void do_writev(const char *path)
{
	struct iovec part = { TEXT, TEXT_BYTES };
	check(writev(opened(path, O_WRONLY), &part, 1));
}

static void do_sendfile_to(const char *path)
{
	check(sendfile(opened(path, O_WRONLY), opened(SOURCE, O_RDONLY), NULL, PAGE));
}

static void do_splice_to(const char *path)
{
	int ends[2];
	check(pipe(ends));
	check(write(ends[1], TEXT, TEXT_BYTES));
	check(splice(ends[0], NULL, opened(path, O_WRONLY), NULL, TEXT_BYTES, 0));
}

static void do_copy_to(const char *path)
{
	check(copy_file_range(opened(SOURCE, O_RDONLY), NULL, opened(path, O_WRONLY), NULL, PAGE, 0));
}

static void do_map_shared(const char *path)
{
	char *memory = mapped(path, O_RDWR, PROT_READ | PROT_WRITE, MAP_SHARED);
	memory[0] = '!';
	check(msync(memory, PAGE, MS_SYNC));
}

static void do_protect_shared(const char *path)
{
	char *memory = mapped(path, O_RDWR, PROT_READ, MAP_SHARED);
	check(mprotect(memory, PAGE, PROT_READ | PROT_WRITE));
	memory[0] = '!';
	check(msync(memory, PAGE, MS_SYNC));
}

static void do_fallocate(const char *path) { check(fallocate(opened(path, O_WRONLY), 0, 0, 3 * PAGE)); }
static void do_truncate(const char *path) { check(truncate(path, 1)); }
static void do_ftruncate(const char *path) { check(ftruncate(opened(path, O_WRONLY), 1)); }
static void do_open_truncating(const char *path) { opened(path, O_WRONLY | O_TRUNC); }

static void do_uring_write(const char *path)
{
	check(uring(IORING_OP_WRITE, opened(path, O_WRONLY), TEXT, TEXT_BYTES, 0));
}

static void do_aio_write(const char *path)
{
	check(aio(IOCB_CMD_PWRITE, opened(path, O_WRONLY), TEXT, TEXT_BYTES));
}

/* ---- run ---- */

/* A child runs it; the failure of execve comes back through shared memory. */
static void run(const char *path, const char *argument)
{
	int status;
	pid_t child = check(fork());
	if (child == 0) {
		/* Only results go to the output. */
		check(dup2(opened("/dev/null", O_WRONLY), STDOUT_FILENO));
		execl(path, path, argument, NULL);
		check(-1);
	}
	check(waitpid(child, &status, 0));
	if (!shared->error && status != 0)
		/* The loader reports what it could not map by its exit status. */
		shared->error = EXFULL;
	if (shared->error)
		_exit(1);
}

static void do_exec(const char *path) { run(path, NULL); }
static void do_run_on_source(const char *path) { run(path, SOURCE); }
static void do_exec_by_loader(const char *path) { run("/lib64/ld-linux-x86-64.so.2", path); }
static void do_map_code(const char *path) { mapped(path, O_RDONLY, PROT_READ | PROT_EXEC, MAP_PRIVATE); }

static void do_protect_code(const char *path)
{
	check(mprotect(mapped(path, O_RDONLY, PROT_READ, MAP_PRIVATE), PAGE, PROT_READ | PROT_EXEC));
}

/* ---- names and attributes ---- */

static void do_create(const char *path) { opened(path, O_WRONLY | O_CREAT | O_EXCL); }
static void do_mkdir(const char *path) { check(mkdir(path, 0755)); }
static void do_mkfifo(const char *path) { check(mkfifo(path, 0644)); }
static void do_symlink(const char *path) { check(symlink(SOURCE, path)); }
static void do_unlink(const char *path) { check(unlink(path)); }
static void do_rmdir(const char *path) { check(rmdir(path)); }

static void do_bind_unix(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	check(bind(check(socket(AF_UNIX, SOCK_STREAM, 0)), (struct sockaddr *)&address, sizeof(address)));
}

/* "OLD>NEW" */
static const char *second(const char *paths, char *first)
{
	const char *arrow = strchr(paths, '>');
	snprintf(first, 256, "%.*s", (int)(arrow - paths), paths);
	return arrow + 1;
}

static void do_rename(const char *paths)
{
	char old[256];
	const char *new = second(paths, old);
	check(rename(old, new));
}

static void do_exchange(const char *paths)
{
	char old[256];
	const char *new = second(paths, old);
	check(syscall(SYS_renameat2, AT_FDCWD, old, AT_FDCWD, new, 2 /* RENAME_EXCHANGE */));
}

static void do_link(const char *paths)
{
	char old[256];
	const char *new = second(paths, old);
	check(link(old, new));
}

static void do_chmod(const char *path) { check(chmod(path, 0777)); }
static void do_fchmod(const char *path) { check(fchmod(opened(path, O_RDONLY), 0777)); }
static void do_chown(const char *path) { check(chown(path, 7, 7)); }
static void do_fchown(const char *path) { check(fchown(opened(path, O_RDONLY), 7, 7)); }

/* ---- network: "ADDRESS/PORT" ---- */

static socklen_t parse_address(const char *target, struct sockaddr_storage *address)
{
	struct sockaddr_in *v4 = (struct sockaddr_in *)address;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)address;
	const char *slash = strchr(target, '/');
	char host[64];
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

static int socket_for(const struct sockaddr_storage *address, int type)
{
	return check(socket(address->ss_family, type | SOCK_NONBLOCK, 0));
}

/* What has begun is no failure. */
static void check_begun(long result)
{
	check(result < 0 && (errno == EINPROGRESS || errno == EAGAIN) ? 0 : result);
}

static void connect_to(const char *target, int type)
{
	struct sockaddr_storage address;
	socklen_t length = parse_address(target, &address);
	check_begun(connect(socket_for(&address, type), (struct sockaddr *)&address, length));
}

static void do_connect(const char *target) { connect_to(target, SOCK_STREAM); }
static void do_connect_udp(const char *target) { connect_to(target, SOCK_DGRAM); }

static void do_uring_connect(const char *target)
{
	struct sockaddr_storage address;
	socklen_t length = parse_address(target, &address);
	check_begun(uring(IORING_OP_CONNECT, check(socket(address.ss_family, SOCK_DGRAM, 0)), &address, 0, length));
}

static void do_connect_fast_open(const char *target)
{
	struct sockaddr_storage address;
	socklen_t length = parse_address(target, &address);
	check_begun(sendto(socket_for(&address, SOCK_STREAM), TEXT, TEXT_BYTES, MSG_FASTOPEN,
			   (struct sockaddr *)&address, length));
}

static int bound(const char *target, int type)
{
	struct sockaddr_storage address;
	socklen_t length = parse_address(target, &address);
	int sock = socket_for(&address, type);
	int yes = 1;
	check(setsockopt(sock, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes)));
	check(bind(sock, (struct sockaddr *)&address, length));
	return sock;
}

static void do_bind(const char *target) { bound(target, SOCK_STREAM); }
static void do_bind_udp(const char *target) { bound(target, SOCK_DGRAM); }
static void do_listen(const char *target) { check(listen(bound(target, SOCK_STREAM), 1)); }

static void do_accept(const char *target)
{
	int sock = bound(target, SOCK_STREAM);
	check(listen(sock, 1));
	check_begun(accept(sock, NULL, NULL));
}

static void do_sendto(const char *target)
{
	struct sockaddr_storage address;
	socklen_t length = parse_address(target, &address);
	check(sendto(socket_for(&address, SOCK_DGRAM), TEXT, TEXT_BYTES, 0, (struct sockaddr *)&address, length));
}

/* The kernel takes the family of an unspecified address for the socket's own. */
static void do_sendto_unspecified(const char *target)
{
	struct sockaddr_storage address;
	socklen_t length = parse_address(target, &address);
	int sock = socket_for(&address, SOCK_DGRAM);
	address.ss_family = AF_UNSPEC;
	check(sendto(sock, TEXT, TEXT_BYTES, 0, (struct sockaddr *)&address, length));
}

static void do_write_connected(const char *target)
{
	struct sockaddr_storage address;
	socklen_t length = parse_address(target, &address);
	int sock = socket_for(&address, SOCK_DGRAM);
	check(connect(sock, (struct sockaddr *)&address, length));
	check(write(sock, TEXT, TEXT_BYTES));
}

static void do_uring_send(const char *target)
{
	struct sockaddr_storage address;
	socklen_t length = parse_address(target, &address);
	int sock = socket_for(&address, SOCK_DGRAM);
	check(connect(sock, (struct sockaddr *)&address, length));
	check(uring(IORING_OP_SEND, sock, TEXT, TEXT_BYTES, 0));
}

/* ---- privileges, modules, processes ---- */

static void do_chroot(const char *path) { check(chroot(path)); }
static void do_sethostname(const char *name) { check(sethostname(name, strlen(name))); }

/* A file that is no module is refused only after the event. */
static void check_no_module(long result)
{
	check(result < 0 && errno == ENOEXEC ? 0 : result);
}

static void do_finit_module(const char *path)
{
	check_no_module(syscall(SYS_finit_module, opened(path, O_RDONLY), "", 0));
}

static void do_init_module(const char *text)
{
	check_no_module(syscall(SYS_init_module, text, 64, ""));
}

static void do_bpf_load(const char *unused)
{
	struct bpf_insn program[] = { { .code = BPF_ALU64 | BPF_MOV | BPF_K }, { .code = BPF_JMP | BPF_EXIT } };
	union bpf_attr attr = { .prog_type = BPF_PROG_TYPE_SOCKET_FILTER,
				.insns = (unsigned long)program,
				.insn_cnt = 2,
				.license = (unsigned long)"GPL" };
	check(syscall(SYS_bpf, BPF_PROG_LOAD, &attr, sizeof(attr)));
}

static void do_bpf_map(const char *unused)
{
	union bpf_attr attr = { .map_type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 4, .max_entries = 1 };
	check(syscall(SYS_bpf, BPF_MAP_CREATE, &attr, sizeof(attr)));
}

/* A process id, or 0 for a child that waits. */
static pid_t victim(const char *text)
{
	pid_t pid = atoi(text);
	if (pid)
		return pid;
	pid = check(fork());
	if (pid == 0) {
		pause();
		_exit(0);
	}
	return pid;
}

static void do_seize(const char *target) { check(ptrace(PTRACE_SEIZE, victim(target), NULL, NULL)); }

static void do_process_read(const char *target)
{
	char buffer[8];
	struct iovec local = { buffer, sizeof(buffer) };
	struct iovec remote = { NULL, sizeof(buffer) };
	long result = process_vm_readv(victim(target), &local, 1, &remote, 1, 0);
	/* Nothing lies at address 0. */
	check(result < 0 && errno == EFAULT ? 0 : result);
}

static void do_open_memory(const char *target)
{
	char path[64];
	snprintf(path, sizeof(path), "/proc/%d/mem", victim(target));
	opened(path, O_RDWR);
}

static void do_take_descriptor(const char *target)
{
	int process = check(syscall(SYS_pidfd_open, victim(target), 0));
	check(syscall(SYS_pidfd_getfd, process, 0, 0));
}

static void do_traceme(const char *unused) { check(ptrace(PTRACE_TRACEME, 0, NULL, NULL)); }

static void do_mount(const char *path)
{
	check(mount("none", path, "tmpfs", 0, NULL));
	check(umount(path));
}

static void do_bind_mount(const char *path)
{
	check(mount("/srv/free", path, NULL, MS_BIND, NULL));
	check(umount(path));
}

static void do_move_mount(const char *path)
{
	int context = check(syscall(SYS_fsopen, "tmpfs", 0));
	check(syscall(SYS_fsconfig, context, FSCONFIG_CMD_CREATE, NULL, NULL, 0));
	int detached = check(syscall(SYS_fsmount, context, 0, 0));
	check(syscall(SYS_move_mount, detached, "", AT_FDCWD, path, MOVE_MOUNT_F_EMPTY_PATH));
	close(detached);
	close(context);
	check(umount(path));
}

static void do_setuid(const char *id) { check(setuid(atoi(id))); }
static void do_setresuid(const char *id) { check(setresuid(-1, atoi(id), -1)); }
static void do_setgid(const char *id) { check(setgid(atoi(id))); }

static void do_setgroups(const char *id)
{
	gid_t group = atoi(id);
	check(setgroups(1, &group));
}

static void do_capset(const char *unused)
{
	struct __user_cap_header_struct header = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct data[2] = {};
	check(syscall(SYS_capset, &header, data));
}

static int in_new_namespace(void *unused) { return 0; }

static void do_clone(const char *flags)
{
	static char stack[16384];
	int status;
	pid_t child = check(clone(in_new_namespace, stack + sizeof(stack), strtol(flags, NULL, 0) | SIGCHLD, NULL));
	check(waitpid(child, &status, 0));
}

static void do_unshare(const char *flags) { check(unshare(strtol(flags, NULL, 0))); }

static void do_setns(const char *path) { check(setns(opened(path, O_RDONLY), 0)); }

static void do_getsid(const char *unused) { check(getsid(0)); }
static void do_exit(const char *code) { _exit(atoi(code)); }

static const struct operation {
	const char *name;
	void (*run)(const char *target);
} operations[] = {
	{ "open", do_open },
	{ "open-for-writing", do_open_for_writing },
	{ "open-relative", do_open_relative },
	{ "openat2", do_openat2 },
	{ "uring-open", do_uring_open },
	{ "read", do_read },
	{ "pread", do_pread },
	{ "readv", do_readv },
	{ "sendfile-from", do_sendfile_from },
	{ "splice-from", do_splice_from },
	{ "copy-from", do_copy_from },
	{ "map", do_map },
	{ "map-then-protect", do_map_then_protect },
	{ "list", do_list },
	{ "uring-read", do_uring_read },
	{ "aio-read", do_aio_read },
	{ "write", do_write },
	{ "append", do_append },
	{ "pwrite", do_pwrite },
	{ "writev", do_writev },
	{ "sendfile-to", do_sendfile_to },
	{ "splice-to", do_splice_to },
	{ "copy-to", do_copy_to },
	{ "map-shared", do_map_shared },
	{ "protect-shared", do_protect_shared },
	{ "fallocate", do_fallocate },
	{ "truncate", do_truncate },
	{ "ftruncate", do_ftruncate },
	{ "open-truncating", do_open_truncating },
	{ "uring-write", do_uring_write },
	{ "aio-write", do_aio_write },
	{ "exec", do_exec },
	{ "run-on-source", do_run_on_source },
	{ "exec-by-loader", do_exec_by_loader },
	{ "map-code", do_map_code },
	{ "protect-code", do_protect_code },
	{ "create", do_create },
	{ "mkdir", do_mkdir },
	{ "mkfifo", do_mkfifo },
	{ "symlink", do_symlink },
	{ "bind-unix", do_bind_unix },
	{ "unlink", do_unlink },
	{ "rmdir", do_rmdir },
	{ "rename", do_rename },
	{ "exchange", do_exchange },
	{ "link", do_link },
	{ "chmod", do_chmod },
	{ "fchmod", do_fchmod },
	{ "chown", do_chown },
	{ "fchown", do_fchown },
	{ "connect", do_connect },
	{ "connect-udp", do_connect_udp },
	{ "uring-connect", do_uring_connect },
	{ "connect-fast-open", do_connect_fast_open },
	{ "bind", do_bind },
	{ "bind-udp", do_bind_udp },
	{ "listen", do_listen },
	{ "accept", do_accept },
	{ "sendto", do_sendto },
	{ "sendto-unspecified", do_sendto_unspecified },
	{ "write-connected", do_write_connected },
	{ "uring-send", do_uring_send },
	{ "chroot", do_chroot },
	{ "sethostname", do_sethostname },
	{ "finit-module", do_finit_module },
	{ "init-module", do_init_module },
	{ "bpf-load", do_bpf_load },
	{ "bpf-map", do_bpf_map },
	{ "seize", do_seize },
	{ "process-read", do_process_read },
	{ "open-memory", do_open_memory },
	{ "take-descriptor", do_take_descriptor },
	{ "traceme", do_traceme },
	{ "mount", do_mount },
	{ "bind-mount", do_bind_mount },
	{ "move-mount", do_move_mount },
	{ "setuid", do_setuid },
	{ "setresuid", do_setresuid },
	{ "setgid", do_setgid },
	{ "setgroups", do_setgroups },
	{ "capset", do_capset },
	{ "clone", do_clone },
	{ "unshare", do_unshare },
	{ "setns", do_setns },
	{ "getsid", do_getsid },
	{ "exit", do_exit },
};

/* What can be seen of a path from outside. */
struct look {
	/* In this order no byte is padding. */
	off_t size;
	int exists;
	mode_t mode;
	uid_t owner;
	unsigned sum;
};

static struct look look_at(const char *target)
{
	struct look look = {};
	struct stat status;
	char path[256];
	unsigned char buffer[PAGE];
	snprintf(path, sizeof(path), "%.*s", (int)strcspn(target, ">"), target);
	if (path[0] != '/' || lstat(path, &status) != 0)
		return look;
	look = (struct look){ status.st_size, 1, status.st_mode, status.st_uid, 0 };
	if (S_ISREG(status.st_mode)) {
		int file = open(path, O_RDONLY);
		long length = file < 0 ? 0 : pread(file, buffer, sizeof(buffer), 0);
		for (long index = 0; index < length; index++)
			look.sum = look.sum * 31 + buffer[index];
		close(file);
	}
	return look;
}

static void try_operation(const struct operation *operation, const char *target)
{
	int status = 0;
	struct look before = look_at(target);
	memset(shared, 0, sizeof(*shared));
	fflush(stdout);
	pid_t child = fork();
	if (child == 0) {
		setpgid(0, 0);
		alarm(10);
		operation->run(target);
		_exit(0);
	}
	waitpid(child, &status, 0);
	kill(-child, SIGKILL);
	struct look after = look_at(target);
	printf("{\"operation\":\"%s:%s\",\"signal\":%d,\"error\":%d,\"bytes\":%d,\"changed\":%s}\n", operation->name,
	       target, WIFSIGNALED(status) ? WTERMSIG(status) : 0, shared->error, shared->bytes,
	       memcmp(&before, &after, sizeof(before)) == 0 ? "false" : "true");
}

int main(int argc, char **argv)
{
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED) {
		perror("events");
		return 2;
	}
	for (int index = 1; index < argc; index++) {
		char *colon = strchr(argv[index], ':');
		const struct operation *found = NULL;
		if (colon)
			*colon = '\0';
		for (unsigned int at = 0; colon && at < sizeof(operations) / sizeof(operations[0]); at++)
			if (strcmp(operations[at].name, argv[index]) == 0)
				found = &operations[at];
		if (!found) {
			fprintf(stderr, "events: no operation %s\n", argv[index]);
			return 2;
		}
		try_operation(found, colon + 1);
	}
	return 0;
}
