/* Operations that are system calls by name, for policies that hook those. */
#include <sys/prctl.h>
#include <sys/resource.h>

#define REPETITIONS 5

static const struct {
	const char *name;
	long number;
} calls[] = {
	{ "acct", SYS_acct },
	{ "getpgid", SYS_getpgid },
	{ "getpriority", SYS_getpriority },
	{ "getsid", SYS_getsid },
	{ "personality", SYS_personality },
	{ "setfsgid", SYS_setfsgid },
	{ "setresuid", SYS_setresuid },
	{ "setfsuid", SYS_setfsuid },
	{ "setsid", SYS_setsid },
	{ "setuid", SYS_setuid },
	{ "swapoff", SYS_swapoff },
	{ "sync", SYS_sync },
	{ "umask", SYS_umask },
	{ "unshare", SYS_unshare },
};

/* The call of "NAME/ARGUMENT", and its argument. */
static long parse_call(const char *target, long *argument)
{
	const char *slash = strchr(target, '/');

	for (unsigned int at = 0; slash && at < sizeof(calls) / sizeof(calls[0]); at++)
		if (strlen(calls[at].name) == (size_t)(slash - target) &&
		    strncmp(calls[at].name, target, slash - target) == 0) {
			*argument = strtol(slash + 1, NULL, 0);
			return calls[at].number;
		}
	fprintf(stderr, "effects: no call %s\n", target);
	_exit(2);
}

static void call_once(const char *target)
{
	long argument;
	long number = parse_call(target, &argument);

	check(syscall(number, argument, 0, 0));
}

/* The same call several times; its errors are of no matter. */
static void call_repeatedly(const char *target)
{
	long argument;
	long number = parse_call(target, &argument);

	for (int at = 0; at < REPETITIONS; at++)
		syscall(number, argument, 0, 0);
}

/* As many calls, each with another argument. */
static void call_variously(const char *target)
{
	long argument;
	long number = parse_call(target, &argument);

	for (int at = 0; at < REPETITIONS; at++)
		syscall(number, argument + at, 0, 0);
}

static void set_priority(const char *target)
{
	check(syscall(SYS_setpriority, PRIO_PROCESS, 0, strtol(target, NULL, 10)));
}

static void link_path(const char *path)
{
	char name[256];

	snprintf(name, sizeof(name), "%s-link", path);
	check(syscall(SYS_linkat, AT_FDCWD, path, AT_FDCWD, name, 0));
}

static void make_directory(const char *path)
{
	check(syscall(SYS_mkdir, path, 0755));
}

static void remove_directory(const char *path)
{
	check(syscall(SYS_rmdir, path));
}

#define HANDED_SOCKET 90

/* Sends on the socket that the starting program has left. */
static void send_on_handed(const char *text)
{
	check(send(HANDED_SOCKET, text, strlen(text), 0));
	/* What the process has mapped can be seen for as long as it is there. */
	if (strcmp(text, "wait") == 0)
		usleep(1000000);
}

/* A socket that another program, at `path`, then sends on. */
static void hand_socket(const char *path)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(4713) };
	struct sockaddr_in6 peer;
	socklen_t length = sizeof(peer);
	int status;

	address.sin_addr.s_addr = inet_addr("127.0.0.1");
	check(dup2(socket(AF_INET, SOCK_DGRAM, 0), HANDED_SOCKET));
	check(connect(HANDED_SOCKET, (struct sockaddr *)&address, sizeof(address)));
	if (strstr(path, "released"))
		getpeername(HANDED_SOCKET, (struct sockaddr *)&peer, &length);

	pid_t child = fork();

	if (child == 0)
		check(execl(path, path, "--in-turn", strstr(path, "waits") ? "send-on-handed:wait" : "send-on-handed:hello",
			    NULL));
	waitpid(child, &status, 0);
}

static void rename_self(const char *name)
{
	check(prctl(PR_SET_NAME, name));
}
