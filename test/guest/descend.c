// SPDX-License-Identifier: Apache-2.0
/*
 * Ways to become another program, for tests of what processes descend from:
 *
 *   descend open PATH             opens PATH itself
 *   descend fork-only PATH        a child opens it that executes nothing
 *   descend fork COMMAND…         a child executes COMMAND
 *   descend exec COMMAND…         executes it in its own place
 *   descend thread COMMAND…       a thread that is not the first does so
 *   descend orphan COMMAND…       a grandchild does so once its parent has ended
 *   descend memfd COMMAND…        executes a copy of it that lies in memory only
 *   descend wait FIFO PATH        opens PATH once it has read from FIFO
 *
 * Gives the status of what was tried: 0 when it went well.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

static int open_one(const char *path)
{
	int fd = open(path, O_RDONLY);

	return fd < 0 ? 1 : 0;
}

static int status_of(pid_t child)
{
	int status;

	if (waitpid(child, &status, 0) != child)
		return 2;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static void execute(char **command)
{
	execv(command[0], command);
	perror(command[0]);
	exit(127);
}

static void *execute_in_thread(void *command)
{
	execute(command);
	return NULL;
}

static int orphan(char **command)
{
	int ends[2];
	char status = 2;

	if (pipe(ends))
		return 2;
	pid_t child = fork();

	if (child == 0) {
		pid_t parent = getpid();

		if (fork() == 0) {
			while (getppid() == parent)
				usleep(1000);
			pid_t last = fork();

			if (last == 0)
				execute(command);
			status = status_of(last);
			if (write(ends[1], &status, 1) != 1)
				_exit(2);
		}
		_exit(0);
	}
	close(ends[1]);
	status_of(child);
	if (read(ends[0], &status, 1) != 1)
		return 2;
	return status;
}

static int execute_from_memory(char **command)
{
	int from = open(command[0], O_RDONLY);
	int to = memfd_create("program", MFD_CLOEXEC);
	struct stat about;

	if (from < 0 || to < 0 || fstat(from, &about))
		return 2;
	for (off_t at = 0; at < about.st_size;)
		if (sendfile(to, from, &at, about.st_size - at) <= 0)
			return 2;
	fexecve(to, command, environ);
	return 127;
}

int main(int count, char **words)
{
	const char *way = count > 2 ? words[1] : "";
	char **rest = words + 2;

	if (!strcmp(way, "open"))
		return open_one(rest[0]);
	if (!strcmp(way, "fork-only") || !strcmp(way, "fork")) {
		pid_t child = fork();

		if (child == 0 && !strcmp(way, "fork"))
			execute(rest);
		if (child == 0)
			_exit(open_one(rest[0]));
		return status_of(child);
	}
	if (!strcmp(way, "exec"))
		execute(rest);
	if (!strcmp(way, "thread")) {
		pthread_t thread;

		if (pthread_create(&thread, NULL, execute_in_thread, rest))
			return 2;
		pthread_join(thread, NULL);
		return 2;
	}
	if (!strcmp(way, "orphan"))
		return orphan(rest);
	if (!strcmp(way, "memfd"))
		return execute_from_memory(rest);
	if (!strcmp(way, "wait")) {
		int fifo = open(rest[0], O_RDONLY);
		char said;

		if (fifo < 0 || read(fifo, &said, 1) != 1)
			return 2;
		return open_one(rest[1]);
	}
	return 2;
}
