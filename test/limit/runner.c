// SPDX-License-Identifier: Apache-2.0
/*
 * Puts alerts to limits in the kernel of this machine, on several processors at once.
 *
 *   runner OBJECT PLAN EVENTS RESULTS RECORDS COUNT THREADS
 *
 * PLAN has a line `map key-hex value-hex` for each entry. EVENTS holds COUNT alerts as `struct limit_event`;
 * thread T takes those whose number modulo THREADS is T, in order. RESULTS gets the same structs with what became
 * of each, then three u64 for each rule: alerts left out, lost and handed over, then the counters. RECORDS gets what the
 * ring buffer held.
 */
#define _GNU_SOURCE
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

struct limit_event {
	uint64_t time;
	uint64_t scope;
	uint32_t rule;
	uint32_t text_bytes;
	uint64_t text;
	/* Answers. */
	uint32_t posted;
	uint32_t done;
};

static struct bpf_object *object;
static uint32_t count, threads;
static int program;
static pthread_barrier_t barrier;

static void fail(const char *what, int error)
{
	fprintf(stderr, "runner: %s: %s\n", what, strerror(error < 0 ? -error : error));
	exit(1);
}

static struct bpf_map *map_named(const char *name)
{
	struct bpf_map *map = bpf_object__find_map_by_name(object, name);

	if (!map)
		fail(name, ENOENT);
	return map;
}

static void *run_share(void *number)
{
	uint32_t thread = (uint32_t)(uintptr_t)number;
	cpu_set_t cpus;

	CPU_ZERO(&cpus);
	CPU_SET(thread % (uint32_t)sysconf(_SC_NPROCESSORS_ONLN), &cpus);
	sched_setaffinity(0, sizeof(cpus), &cpus);
	pthread_barrier_wait(&barrier);
	for (uint32_t index = thread; index < count; index += threads) {
		uint64_t context[1] = { index };
		LIBBPF_OPTS(bpf_test_run_opts, run, .ctx_in = context, .ctx_size_in = sizeof(context));

		if (bpf_prog_test_run_opts(program, &run))
			fail("run", errno);
	}
	return NULL;
}

static size_t from_hex(const char *hex, uint8_t *bytes)
{
	size_t length = strlen(hex) / 2;

	for (size_t i = 0; i < length; i++)
		if (sscanf(hex + 2 * i, "%2hhx", &bytes[i]) != 1)
			fail("entry of the plan", EINVAL);
	return length;
}

static void fill_maps(const char *path)
{
	static char line[4096];
	static uint8_t key[1024], value[1024];
	FILE *plan = fopen(path, "r");

	if (!plan)
		fail(path, errno);
	while (fgets(line, sizeof(line), plan)) {
		char *name = strtok(line, " \n"), *key_hex = strtok(NULL, " \n"), *value_hex = strtok(NULL, " \n");
		size_t key_size = from_hex(key_hex, key), value_size = from_hex(value_hex, value);

		if (bpf_map__update_elem(map_named(name), key, key_size, value, value_size, BPF_ANY))
			fail(name, errno);
	}
	fclose(plan);
}

/* Elements of a per-CPU array of u64s, summed over the processors. */
static void write_sums(FILE *output, const char *name)
{
	struct bpf_map *map = map_named(name);
	uint32_t cpus = (uint32_t)libbpf_num_possible_cpus(), words = bpf_map__value_size(map) / 8;
	uint64_t *values = calloc(cpus * words, 8);

	for (uint32_t key = 0; key < bpf_map__max_entries(map); key++) {
		if (bpf_map_lookup_elem(bpf_map__fd(map), &key, values))
			fail(name, errno);
		for (uint32_t word = 0; word < words; word++) {
			uint64_t sum = 0;

			for (uint32_t cpu = 0; cpu < cpus; cpu++)
				sum += values[cpu * words + word];
			fwrite(&sum, 8, 1, output);
		}
	}
	free(values);
}

static int take_record(void *output, void *record, size_t size)
{
	return fwrite(record, 1, size, output) == size ? 0 : -EIO;
}

int main(int argc, char **argv)
{
	if (argc != 8)
		return 1;
	count = (uint32_t)strtoul(argv[6], NULL, 10);
	threads = (uint32_t)strtoul(argv[7], NULL, 10);
	object = bpf_object__open_file(argv[1], NULL);
	if (!object)
		fail(argv[1], errno);
	bpf_map__set_max_entries(map_named("test_events"), count);

	int error = bpf_object__load(object);

	if (error)
		fail("load", error);
	fill_maps(argv[2]);
	program = bpf_program__fd(bpf_object__find_program_by_name(object, "test_limit"));

	size_t bytes = (size_t)count * sizeof(struct limit_event);
	struct limit_event *events = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED,
					  bpf_map__fd(map_named("test_events")), 0);
	FILE *input = fopen(argv[3], "rb"), *output = fopen(argv[4], "wb"), *records = fopen(argv[5], "wb");

	if (events == MAP_FAILED || !input || !output || !records || fread(events, 1, bytes, input) != bytes)
		fail("files", errno);

	pthread_t *running = calloc(threads, sizeof(*running));

	pthread_barrier_init(&barrier, NULL, threads);
	for (uint32_t thread = 0; thread < threads; thread++)
		pthread_create(&running[thread], NULL, run_share, (void *)(uintptr_t)thread);
	for (uint32_t thread = 0; thread < threads; thread++)
		pthread_join(running[thread], NULL);
	fwrite(events, 1, bytes, output);
	write_sums(output, "alerts");
	write_sums(output, "counters");

	struct ring_buffer *ring = ring_buffer__new(bpf_map__fd(map_named("events")), take_record, records, NULL);

	if (!ring || ring_buffer__consume(ring) < 0)
		fail("ring buffer", errno);
	if (fclose(output) || fclose(records))
		fail("files", errno);
	return 0;
}
