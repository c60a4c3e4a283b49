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

static void rename_self(const char *name)
{
	check(prctl(PR_SET_NAME, name));
}
