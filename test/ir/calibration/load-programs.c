// SPDX-License-Identifier: Apache-2.0
/*
 * Asks the kernel's verifier what the programs of objects cost. Nothing is attached.
 *
 *   load-programs new|old OBJECT...
 *
 * Loads the programs of the newest generation, or those for 5.10. Prints a line for each: object, program, then
 * either instructions walked, states kept and bytes of stack, or `refused`, instructions walked and the last
 * words of the verifier. Fields are separated by tabs.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STATISTICS_ONLY 4

static const char old_suffix[] = "_5_10";
static const char *const statistics[] = { "verification time ", "stack depth ", "processed ", NULL };

static char verifier_log[1 << 16];

static int silent(enum libbpf_print_level level, const char *format, va_list arguments)
{
	(void)level;
	(void)format;
	(void)arguments;
	return 0;
}

/* The number that follows `label` in the log, or -1. */
static long number_after(const char *label)
{
	const char *found = strstr(verifier_log, label);

	return found ? strtol(found + strlen(label), NULL, 10) : -1;
}

/* `stack depth 120+0+64`: the program's frame, then those of functions, of which it calls one at a time. */
static long stack_bytes(void)
{
	const char *at = strstr(verifier_log, "stack depth ");
	long first = -1, most = 0;

	if (!at)
		return -1;
	at += strlen("stack depth ");
	for (;;) {
		char *end;
		long frame = strtol(at, &end, 10);

		if (first < 0)
			first = frame;
		else if (frame > most)
			most = frame;
		if (*end != '+')
			return first + most;
		at = end + 1;
	}
}

static const char *last_words(int error)
{
	for (char *at = verifier_log; *at; at++)
		if (*at == '\t')
			*at = ' ';
	/* The statistics come last, the reason before them. */
	for (const char *const *label = statistics; *label; label++) {
		char *found = strstr(verifier_log, *label);

		if (found)
			*found = '\0';
	}
	size_t length = strlen(verifier_log);

	while (length && verifier_log[length - 1] == '\n')
		verifier_log[--length] = '\0';
	char *line = strrchr(verifier_log, '\n');

	return verifier_log[0] == '\0' ? strerror(error) : line ? line + 1 : verifier_log;
}

/* Leaves out maps of types that the kernel doesn't have: only programs for newer ones refer to them. */
static void leave_out_unknown_maps(struct bpf_object *object)
{
	struct bpf_map *map;

	bpf_object__for_each_map(map, object)
		if (libbpf_probe_bpf_map_type(bpf_map__type(map), NULL) == 0)
			bpf_map__set_autocreate(map, false);
}

static void load_program(const char *path, const char *name)
{
	struct bpf_object *object = bpf_object__open_file(path, NULL);
	struct bpf_program *program;

	leave_out_unknown_maps(object);

	bpf_object__for_each_program(program, object)
		bpf_program__set_autoload(program, strcmp(bpf_program__name(program), name) == 0);
	program = bpf_object__find_program_by_name(object, name);
	verifier_log[0] = '\0';
	bpf_program__set_log_buf(program, verifier_log, sizeof(verifier_log));
	bpf_program__set_log_level(program, STATISTICS_ONLY);

	int error = bpf_object__load(object);

	long walked = number_after("processed ");

	if (error)
		printf("%s\t%s\trefused\t%ld\t%s\n", path, name, walked, last_words(-error));
	else
		printf("%s\t%s\t%ld\t%ld\t%ld\n", path, name, walked, number_after("total_states "),
		       stack_bytes());
	fflush(stdout);
	bpf_object__close(object);
}

static bool is_old(const char *name)
{
	size_t length = strlen(name), suffix = strlen(old_suffix);

	return length > suffix && strcmp(name + length - suffix, old_suffix) == 0;
}

int main(int argc, char **argv)
{
	if (argc < 3 || (strcmp(argv[1], "new") && strcmp(argv[1], "old"))) {
		fprintf(stderr, "usage: load-programs new|old OBJECT...\n");
		return 1;
	}
	bool old = strcmp(argv[1], "old") == 0;

	libbpf_set_print(silent);
	for (int i = 2; i < argc; i++) {
		struct bpf_object *object = bpf_object__open_file(argv[i], NULL);
		struct bpf_program *program;

		if (!object) {
			fprintf(stderr, "load-programs: %s: %s\n", argv[i], strerror(errno));
			return 1;
		}
		bpf_object__for_each_program(program, object)
			if (is_old(bpf_program__name(program)) == old)
				load_program(argv[i], bpf_program__name(program));
		bpf_object__close(object);
	}
	return 0;
}
