/**
 * The C libraries that the runtime calls. Nothing else here knows koffi. Each function is bound when it
 * is first called: binding all of them would be paid by every command.
 */
import { closeSync, readSync } from "node:fs";
import koffi from "koffi";
import type { LibraryHandle } from "koffi";

/** An address in a C library's memory. */
export type Pointer = bigint;

let libraries: { readonly bpf: LibraryHandle; readonly c: LibraryHandle } | undefined;

/** Throws when libbpf is not installed. */
function library(name: "bpf" | "c"): LibraryHandle {
  libraries ??= { bpf: koffi.load("libbpf.so.1"), c: koffi.load("libc.so.6") };
  return libraries[name];
}

// Parameters are checked against the types that `bind` is given, not here.
type Untyped = (...args: never[]) => unknown;

/** koffi's functions are untyped: this is where a declaration in C meets its type. */
// eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters
function bind<F extends Untyped>(name: "bpf" | "c", declaration: string): F;
function bind(name: "bpf" | "c", declaration: string): Untyped {
  let bound: Untyped | undefined;
  return (...args) => {
    bound ??= library(name).func(declaration);
    return bound(...args);
  };
}

/** Why the last call failed: a positive errno. */
export function lastErrno(): number {
  return koffi.errno();
}

export const objectOpen = bind<(first: Uint8Array, second: number, third: null) => Pointer | null>(
  "bpf",
  "void *bpf_object__open_mem(const void *object, size_t size, const void *options)",
);
export const objectClose = bind<(first: Pointer) => void>("bpf", "void bpf_object__close(void *object)");
/** 0 or a negative errno. */
export const objectLoad = bind<(first: Pointer) => number>("bpf", "int bpf_object__load(void *object)");
export const nextProgram = bind<(first: Pointer, second: Pointer | null) => Pointer | null>(
  "bpf",
  "void *bpf_object__next_program(void *object, void *previous)",
);
export const programName = bind<(first: Pointer) => string>(
  "bpf",
  "const char *bpf_program__name(void *program)",
);
export const setAutoload = bind<(first: Pointer, second: boolean) => number>(
  "bpf",
  "int bpf_program__set_autoload(void *program, bool autoload)",
);
const findMap = bind<(first: Pointer, second: string) => Pointer | null>(
  "bpf",
  "void *bpf_object__find_map_by_name(const void *object, const char *name)",
);
const setAutocreate = bind<(first: Pointer, second: boolean) => number>(
  "bpf",
  "int bpf_map__set_autocreate(void *map, bool autocreate)",
);
/** The link of an iterator, or null and an errno. */
const attachIterator = bind<(first: Pointer, second: null) => Pointer | null>(
  "bpf",
  "void *bpf_program__attach_iter(void *program, const void *options)",
);
/** A file descriptor, or a negative errno. */
const openIterator = bind<(first: number) => number>("bpf", "int bpf_iter_create(int link_fd)");
/** The link, or null and an errno. */
export const programAttach = bind<(first: Pointer) => Pointer | null>(
  "bpf",
  "void *bpf_program__attach(void *program)",
);
/** A place of an ELF file to attach a program to. */
export interface UserPlace {
  readonly path: string;
  readonly offset: number;
  /** Offset of a counter in the file that the kernel raises while a program is attached; 0: none. */
  readonly counter: number;
  /** What the program is told of the place; 0: nothing, as before 5.15. */
  readonly cookie: number;
  readonly atReturn: boolean;
}

/** struct bpf_uprobe_opts as libbpf 1.0 has it: later versions only add to its end. */
const userOptions = koffi.struct("policyc_user_options", {
  sz: "size_t",
  ref_ctr_offset: "size_t",
  bpf_cookie: "uint64_t",
  retprobe: "bool",
  func_name: "const char *",
});
const attachAtPlace = bind<
  (first: Pointer, pid: number, path: string, offset: number, options: object) => Pointer | null
>(
  "bpf",
  "void *bpf_program__attach_uprobe_opts(void *program, int pid, const char *path, size_t offset, policyc_user_options *options)",
);

/** Attaches a program to a place, in all processes. The link, or null and an errno. */
export function attachUser(program: Pointer, place: UserPlace): Pointer | null {
  return attachAtPlace(program, ALL_PROCESSES, place.path, place.offset, {
    sz: koffi.sizeof(userOptions),
    ref_ctr_offset: place.counter,
    bpf_cookie: place.cookie,
    retprobe: place.atReturn,
    func_name: null,
  });
}

const ALL_PROCESSES = -1;

export const linkFd = bind<(first: Pointer) => number>("bpf", "int bpf_link__fd(void *link)");
export const linkDestroy = bind<(first: Pointer) => number>("bpf", "int bpf_link__destroy(void *link)");
/** A file descriptor, or a negative errno. */
export const mapFd = bind<(first: Pointer, second: string) => number>(
  "bpf",
  "int bpf_object__find_map_fd_by_name(void *object, const char *name)",
);
export const mapUpdate = bind<
  (first: number, second: Uint8Array, third: Uint8Array, fourth: number) => number
>("bpf", "int bpf_map_update_elem(int fd, const void *key, const void *value, uint64_t flags)");
export const mapUpdateBatch = bind<
  (first: number, second: Uint8Array, third: Uint8Array, fourth: Uint32Array, fifth: null) => number
>(
  "bpf",
  "int bpf_map_update_batch(int fd, const void *keys, const void *values, void *count, const void *options)",
);
export const mapLookup = bind<(first: number, second: Uint8Array, third: Uint8Array) => number>(
  "bpf",
  "int bpf_map_lookup_elem(int fd, const void *key, void *value)",
);
/** 0, or a negative errno. */
export const mapDelete = bind<(first: number, second: Uint8Array) => number>(
  "bpf",
  "int bpf_map_delete_elem(int fd, const void *key)",
);
/** The first key after `previous`, or the first of all; below 0 when there is none. */
export const mapNextKey = bind<(first: number, second: Uint8Array | null, third: Uint8Array) => number>(
  "bpf",
  "int bpf_map_get_next_key(int fd, const void *previous, void *next)",
);
export const pinObject = bind<(first: number, second: string) => number>(
  "bpf",
  "int bpf_obj_pin(int fd, const char *path)",
);
export const openPinned = bind<(first: string) => number>("bpf", "int bpf_obj_get(const char *path)");
export const possibleCpus = bind<() => number>("bpf", "int libbpf_num_possible_cpus()");
export const loadKernelBtf = bind<() => Pointer | null>("bpf", "void *btf__load_vmlinux_btf()");
export const freeBtf = bind<(first: Pointer) => void>("bpf", "void btf__free(void *btf)");
/** The id of a type, or a negative errno. */
export const btfFind = bind<(first: Pointer, second: string, third: number) => number>(
  "bpf",
  "int btf__find_by_name_kind(void *btf, const char *name, uint32_t kind)",
);
const btfType = bind<(first: Pointer, second: number) => Pointer | null>(
  "bpf",
  "void *btf__type_by_id(void *btf, uint32_t id)",
);
const btfText = bind<(first: Pointer, second: number) => string | null>(
  "bpf",
  "const char *btf__name_by_offset(void *btf, uint32_t offset)",
);

/** Leaves a map out of what is loaded; false where the object has none of that name. */
export function leaveOutMap(object: Pointer, name: string): boolean {
  const map = findMap(object, name);
  return map !== null && setAutocreate(map, false) === 0;
}

/** Runs an iterator once; gives the number of bytes that it wrote, or a negative errno. */
export function runIterator(program: Pointer): number {
  const link = attachIterator(program, null);
  if (link === null) {
    return -lastErrno();
  }
  const fd = openIterator(linkFd(link));
  linkDestroy(link);
  return fd < 0 ? fd : readToEnd(fd);
}

function readToEnd(fd: number): number {
  const memory = Buffer.allocUnsafe(64 * 1024);
  let bytes = 0;
  try {
    for (let more = readSync(fd, memory); more > 0; more = readSync(fd, memory)) {
      bytes += more;
    }
  } finally {
    closeSync(fd);
  }
  return bytes;
}

const programLoad = bind<
  (
    type: number,
    name: string,
    license: string,
    code: Uint8Array,
    count: number,
    options: Uint8Array,
  ) => number
>(
  "bpf",
  "int bpf_prog_load(int type, const char *name, const char *license, const void *code, size_t count, const void *options)",
);

/** Whether the kernel takes a program that changes what a function returns, by the function's id in its BTF. */
export function canModify(functionId: number): boolean {
  const tracing = 26;
  const modifyReturn = 26;
  // r0 = 0; exit
  const code = Buffer.from("b7000000000000009500000000000000", "hex");
  // struct bpf_prog_load_opts: its size, expected_attach_type, attach_btf_id.
  const options = Buffer.alloc(128);
  options.writeBigUInt64LE(BigInt(options.length), 0);
  options.writeInt32LE(modifyReturn, 12);
  options.writeUInt32LE(functionId, 32);
  const fd = programLoad(tracing, "policyc_probe", "GPL", code, 2, options);
  if (fd >= 0) {
    closeSync(fd);
  }
  return fd >= 0;
}

export const mount = bind<
  (first: string, second: string, third: string, fourth: number, fifth: null) => number
>(
  "c",
  "int mount(const char *source, const char *target, const char *type, unsigned long flags, const void *options)",
);
/** 0, or -1 and an errno. */
export const lockFile = bind<(first: number, second: number) => number>(
  "c",
  "int flock(int fd, int operation)",
);
const mmap = bind<
  (first: null, second: number, third: number, fourth: number, fifth: number, sixth: number) => Pointer
>("c", "void *mmap(void *address, size_t length, int protection, int flags, int fd, int64_t offset)");
const clockGettime = bind<(first: number, second: BigInt64Array) => number>(
  "c",
  "int clock_gettime(int clock, void *time)",
);
const pageSize = bind<(first: number) => number>("c", "long sysconf(int name)");
const vsnprintf = bind<(first: Uint8Array, second: number, third: string, fourth: Pointer) => number>(
  "c",
  "int vsnprintf(void *text, size_t size, const char *format, void *arguments)",
);

/** Names of the values of the first enum of that name in a kernel's BTF. */
export function btfEnumNames(btf: Pointer, name: string): readonly string[] {
  const enumKind = 6;
  const id = btfFind(btf, name, enumKind);
  const type = id < 0 ? null : btfType(btf, id);
  if (type === null) {
    return [];
  }
  const head = new DataView(koffi.view(type, 12));
  const count = head.getUint32(4, true) & 0xffff;
  const values = new DataView(koffi.view(type, 12 + count * 8));
  return Array.from(
    { length: count },
    (_, index) => btfText(btf, values.getUint32(12 + index * 8, true)) ?? "",
  );
}

const PROT_READ = 1;
const PROT_WRITE = 2;
const MAP_SHARED = 1;
const MAP_FAILED = 0xffff_ffff_ffff_ffffn;
const SC_PAGESIZE = 30;

/** Memory pages of a map, shared with the kernel, as long as the process lives; undefined when refused. */
export function mapMemory(
  fd: number,
  length: number,
  offset: number,
  writable: boolean,
): ArrayBuffer | undefined {
  const protection = PROT_READ | (writable ? PROT_WRITE : 0);
  const address = mmap(null, length, protection, MAP_SHARED, fd, offset);
  return address === MAP_FAILED || address === -1n ? undefined : koffi.view(address, length);
}

export function memoryPageSize(): number {
  return pageSize(SC_PAGESIZE);
}

const CLOCK_REALTIME = 0;
const CLOCK_BOOTTIME = 7;

/** When the machine booted, nanoseconds since 1970. */
export function bootTime(): bigint {
  return readClock(CLOCK_REALTIME) - readClock(CLOCK_BOOTTIME);
}

/** Milliseconds since the machine booted. */
export function millisecondsSinceBoot(): bigint {
  return readClock(CLOCK_BOOTTIME) / 1_000_000n;
}

function readClock(clock: number): bigint {
  const time = new BigInt64Array(2);
  clockGettime(clock, time);
  return (time[0] ?? 0n) * 1_000_000_000n + (time[1] ?? 0n);
}

/** The verifier's log may be this long; other messages are short. */
const LOG_BYTES = 17 * 1024 * 1024;
const MESSAGE_BYTES = 16 * 1024;

/** Gives everything that libbpf has to say, warnings and worse, to `take` instead of standard error. */
export function takeMessages(take: (message: string) => void): void {
  const warning = 0;
  const print = koffi.proto("int policyc_print(int level, const char *format, void *arguments)");
  const callback = koffi.register((level: number, format: string, args: Pointer) => {
    if (level <= warning) {
      const room = Buffer.allocUnsafe(format.includes("LOG") ? LOG_BYTES : MESSAGE_BYTES);
      const length = vsnprintf(room, room.length, format, args);
      take(room.toString("utf8", 0, Math.max(0, Math.min(length, room.length - 1))));
    }
    return 0;
  }, koffi.pointer(print));
  library("bpf").func("void *libbpf_set_print(void *print)")(callback);
}
