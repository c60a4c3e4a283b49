// SPDX-License-Identifier: Apache-2.0
/*
 * Runs the decide functions of an object in the kernel of this machine, one event a run.
 *
 *   runner OBJECT PLAN EVENTS RESULTS COUNT EVENT_SIZE RESULT_SIZE
 *   runner
 *
 * Without arguments it only tries whether this kernel and user can run such programs. PLAN has a line
 * `map key-hex value-hex` for each entry. EVENTS holds COUNT events of EVENT_SIZE bytes, RESULTS gets COUNT
 * results of RESULT_SIZE bytes. Prints one line: nanoseconds to load, nanoseconds of all runs.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

static const char *const program_name = "test_hook_0";
static const char *const events_name = "test_events_0";
static const char *const results_name = "test_results_0";

static void fail(const char *what, int error)
{
	fprintf(stderr, "runner: %s: %s\n", what, strerror(error < 0 ? -error : error));
	exit(1);
}

static uint64_t nanoseconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000ull + (uint64_t)now.tv_nsec;
}

static struct bpf_map *map_named(struct bpf_object *object, const char *name)
{
	struct bpf_map *map = bpf_object__find_map_by_name(object, name);

	if (!map)
		fail(name, ENOENT);
	return map;
}

static void *map_memory(struct bpf_map *map, size_t count, size_t size)
{
	void *memory;

	if (bpf_map__value_size(map) != size) {
		fprintf(stderr, "runner: %s has values of %u bytes, %zu wanted\n", bpf_map__name(map),
			bpf_map__value_size(map), size);
		exit(1);
	}
	memory = mmap(NULL, count * size, PROT_READ | PROT_WRITE, MAP_SHARED, bpf_map__fd(map), 0);
	if (memory == MAP_FAILED)
		fail(bpf_map__name(map), errno);
	return memory;
}

static void read_file(const char *path, void *to, size_t size)
{
	FILE *file = fopen(path, "rb");

	if (!file || fread(to, 1, size, file) != size)
		fail(path, file ? EIO : errno);
	fclose(file);
}

static size_t from_hex(const char *hex, uint8_t *bytes, size_t room)
{
	size_t length = strlen(hex) / 2;

	if (length > room)
		fail("entry of the plan", E2BIG);
	for (size_t i = 0; i < length; i++) {
		unsigned int byte;

		if (sscanf(hex + 2 * i, "%2x", &byte) != 1)
			fail("entry of the plan", EINVAL);
		bytes[i] = (uint8_t)byte;
	}
	return length;
}

static void fill_maps(struct bpf_object *object, const char *path)
{
	static char line[1 << 18];
	static uint8_t key[1 << 16], value[1 << 16];
	FILE *plan = fopen(path, "r");

	if (!plan)
		fail(path, errno);
	while (fgets(line, sizeof(line), plan)) {
		char *name = strtok(line, " \n");
		char *key_hex = strtok(NULL, " \n");
		char *value_hex = strtok(NULL, " \n");
		struct bpf_map *map;
		size_t key_size, value_size;

		if (!name || !key_hex || !value_hex)
			fail("line of the plan", EINVAL);
		map = map_named(object, name);
		key_size = from_hex(key_hex, key, sizeof(key));
		value_size = from_hex(value_hex, value, sizeof(value));
		if (bpf_map__update_elem(map, key, key_size, value, value_size, BPF_ANY))
			fail(name, errno);
	}
	fclose(plan);
}

static void resize(struct bpf_object *object, const char *name, uint32_t count)
{
	int error = bpf_map__set_max_entries(map_named(object, name), count);

	if (error)
		fail(name, error);
}

/* Loads and runs a program that does nothing. */
static void try_kernel(void)
{
	const struct bpf_insn nothing[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0 },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	int program = bpf_prog_load(BPF_PROG_TYPE_RAW_TRACEPOINT, "nothing", "GPL", nothing, 2, NULL);
	uint64_t context[1] = { 0 };
	LIBBPF_OPTS(bpf_test_run_opts, run, .ctx_in = context, .ctx_size_in = sizeof(context));

	if (program < 0)
		fail("load", program);
	if (bpf_prog_test_run_opts(program, &run))
		fail("run", errno);
}

int main(int argc, char **argv)
{
	if (argc == 1) {
		try_kernel();
		return 0;
	}
	if (argc != 8) {
		fprintf(stderr, "usage: runner OBJECT PLAN EVENTS RESULTS COUNT EVENT_SIZE RESULT_SIZE\n");
		return 1;
	}
	uint32_t count = (uint32_t)strtoul(argv[5], NULL, 10);
	size_t event_size = strtoul(argv[6], NULL, 10), result_size = strtoul(argv[7], NULL, 10);
	struct bpf_object *object = bpf_object__open_file(argv[1], NULL);
	struct bpf_program *program;
	uint64_t started, loaded, done;
	void *events, *results;
	FILE *output;
	int error;

	if (!object)
		fail(argv[1], errno);
	resize(object, events_name, count);
	resize(object, results_name, count);
	started = nanoseconds();
	error = bpf_object__load(object);
	if (error)
		fail("load", error);
	fill_maps(object, argv[2]);
	loaded = nanoseconds();
	program = bpf_object__find_program_by_name(object, program_name);
	if (!program)
		fail(program_name, ENOENT);

	events = map_memory(map_named(object, events_name), count, event_size);
	results = map_memory(map_named(object, results_name), count, result_size);
	read_file(argv[3], events, count * event_size);
	done = nanoseconds();
	for (uint32_t index = 0; index < count; index++) {
		uint64_t context[1] = { index };
		LIBBPF_OPTS(bpf_test_run_opts, run, .ctx_in = context, .ctx_size_in = sizeof(context));

		if (bpf_prog_test_run_opts(bpf_program__fd(program), &run))
			fail("run", errno);
	}
	printf("%llu %llu\n", (unsigned long long)(loaded - started), (unsigned long long)(nanoseconds() - done));

	output = fopen(argv[4], "wb");
	if (!output || fwrite(results, result_size, count, output) != count || fclose(output))
		fail(argv[4], errno);
	bpf_object__close(object);
	return 0;
}
