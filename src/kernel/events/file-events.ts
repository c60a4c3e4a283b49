/** Events of files. */
import type { EventFact, EventPlace } from "../events.ts";
import { at, fileAt, fileFlags, fileMode, filePath, hasBits, hasFile, pathAt } from "./parts.ts";

const MAY_WRITE = 0x2n;
const MAY_READ = 0x4n;
const PROT_WRITE = 0x2n;
const PROT_EXEC = 0x4n;
/** Also set in MAP_SHARED_VALIDATE. */
const MAP_SHARED = 0x1n;
const VM_SHARED = 0x8n;

const truncation: EventPlace = {
  hook: "security_path_truncate",
  need: "required",
  covers: ["truncate", "ftruncate", "open with O_TRUNC", "creat over a file"],
  when: [],
  fields: pathAt(0),
};

export const fileEvents: readonly EventFact[] = [
  {
    name: "file.open",
    summary: "opens a file, directory or device",
    fields: [filePath, fileMode, fileFlags],
    places: [
      {
        hook: "security_file_open",
        need: "required",
        covers: [
          "open",
          "openat",
          "openat2",
          "creat",
          "open_by_handle_at",
          "io_uring openat",
          "execve (opens the program)",
        ],
        when: [],
        fields: fileAt(0),
      },
    ],
    uncovered: ["open with O_PATH (gives no access to contents)", "memfd_create, pipes and sockets"],
  },
  {
    name: "file.read",
    summary: "reads from a file, lists a directory, or maps a file into memory",
    fields: [filePath, fileMode, fileFlags],
    places: [
      {
        hook: "security_file_permission",
        need: "required",
        covers: [
          "read, pread, readv, preadv",
          "sendfile, splice, copy_file_range (the source)",
          "io_uring and AIO reads",
          "getdents",
          "execve (reads the program)",
        ],
        when: [hasBits(at(1), MAY_READ)],
        fields: fileAt(0),
      },
      {
        hook: "security_mmap_file",
        need: "required",
        covers: ["mmap of a file, whatever its protection (mprotect can add PROT_READ later)"],
        when: [hasFile(0)],
        fields: fileAt(0),
      },
    ],
    uncovered: ["reads of a mapping after mmap", "readlink, stat and extended attributes"],
  },
  {
    name: "file.write",
    summary: "writes to a file, changes its size, or maps it for writing",
    fields: [filePath, fileMode],
    places: [
      {
        hook: "security_file_permission",
        need: "required",
        covers: [
          "write, pwrite, writev, pwritev",
          "sendfile, splice, copy_file_range, FICLONE (the destination)",
          "io_uring and AIO writes",
          "fallocate",
        ],
        when: [hasBits(at(1), MAY_WRITE)],
        fields: pathAt(0),
      },
      {
        hook: "security_mmap_file",
        need: "required",
        covers: ["mmap with PROT_WRITE and MAP_SHARED"],
        when: [hasBits(at(1), PROT_WRITE), hasBits(at(2), MAP_SHARED), hasFile(0)],
        fields: pathAt(0),
      },
      {
        hook: "security_file_mprotect",
        need: "required",
        covers: ["mprotect that adds PROT_WRITE to a shared mapping"],
        when: [hasBits(at(2), PROT_WRITE), hasBits(at(4), VM_SHARED), hasFile(3)],
        fields: pathAt(3),
      },
      truncation,
    ],
    uncovered: [
      "writes into a mapping after mmap",
      "chmod, chown and extended attributes: events of their own",
    ],
  },
  {
    name: "file.truncate",
    summary: "changes the size of a file",
    fields: [filePath, fileMode],
    places: [truncation],
    uncovered: ["fallocate: it is a file.write"],
  },
  {
    name: "file.mmap",
    summary: "maps a file into memory",
    fields: [
      filePath,
      fileMode,
      fileFlags,
      { name: "map.protection", meaning: "`PROT_READ`, `PROT_WRITE`, `PROT_EXEC`" },
      { name: "map.flags", meaning: "`MAP_SHARED`, `MAP_PRIVATE` …" },
    ],
    places: [
      {
        hook: "security_mmap_file",
        need: "required",
        covers: ["mmap of a file", "shmat", "remap_file_pages", "execve (maps the program)"],
        when: [hasFile(0)],
        fields: { ...fileAt(0), "map.protection": at(1), "map.flags": at(2) },
      },
    ],
    uncovered: ["mprotect of a mapping that exists", "mremap"],
  },
  {
    name: "file.exec",
    summary: "runs a file as a program, or maps it as code",
    fields: [filePath, fileMode],
    places: [
      {
        hook: "security_bprm_check",
        need: "required",
        covers: ["execve, execveat, fexecve", "the interpreter that a script names"],
        when: [],
        fields: pathAt(1),
      },
      {
        hook: "security_mmap_file",
        need: "required",
        covers: ["mmap with PROT_EXEC: libraries, and programs that `ld.so PROGRAM` starts"],
        when: [hasBits(at(1), PROT_EXEC), hasFile(0)],
        fields: pathAt(0),
      },
      {
        hook: "security_file_mprotect",
        need: "required",
        covers: ["mprotect that makes the mapping of a file executable"],
        when: [hasBits(at(2), PROT_EXEC), hasFile(3)],
        fields: pathAt(3),
      },
    ],
    uncovered: [
      "code that an interpreter reads (`sh script`): a file.read",
      "code copied into anonymous memory",
    ],
  },
];
