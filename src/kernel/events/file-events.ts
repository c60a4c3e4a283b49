/** Events of files. */
import type { EventFact, EventField, EventPlace } from "../events.ts";
import {
  at,
  fileAt,
  fileFlags,
  fileMode,
  fileOwned,
  filePath,
  hasBits,
  hasFile,
  hasPath,
  nameAt,
  pathAt,
} from "./parts.ts";

const MAY_WRITE = 0x2n;
const MAY_READ = 0x4n;
const PROT_EXEC = 0x4n;
/** Also set in MAP_SHARED_VALIDATE. */
const MAP_SHARED = 0x1n;
const O_RDWR = 0x2n;
const RENAME_EXCHANGE = 0x2n;

const targetPath: EventField = { name: "target.path", meaning: "the new name" };

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
    fields: [filePath, fileMode, fileFlags, fileOwned],
    places: [
      {
        hook: "security_file_open",
        need: "required",
        covers: ["open, openat, openat2, creat, io_uring openat", "execve (opens the program)"],
        when: [hasPath(0)],
        fields: fileAt(0),
      },
    ],
    uncovered: ["open with O_PATH (gives no access to contents)", "memfd_create, pipes and sockets"],
  },
  {
    name: "file.read",
    summary: "reads from a file, lists a directory, or maps a file into memory",
    fields: [filePath, fileMode, fileFlags, fileOwned],
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
        when: [hasBits(at(1), MAY_READ), hasPath(0)],
        fields: fileAt(0),
      },
      {
        hook: "security_mmap_file",
        need: "required",
        covers: ["mmap of a file, whatever its protection (mprotect can add PROT_READ later)"],
        when: [hasFile(0), hasPath(0)],
        fields: fileAt(0),
      },
    ],
    uncovered: ["reads of a mapping after mmap", "readlink, stat and extended attributes"],
  },
  {
    name: "file.write",
    summary: "writes to a file, changes its size, or maps it for writing",
    fields: [filePath, fileMode, fileOwned],
    places: [
      {
        hook: "security_file_permission",
        need: "required",
        covers: [
          "write, pwrite, writev, pwritev",
          "sendfile, splice, copy_file_range (the destination)",
          "io_uring and AIO writes",
          "fallocate",
        ],
        when: [hasBits(at(1), MAY_WRITE), hasPath(0)],
        fields: pathAt(0),
      },
      {
        hook: "security_mmap_file",
        need: "required",
        covers: [
          "mmap with MAP_SHARED of a file that is open for writing, whatever the protection (mprotect can add PROT_WRITE later)",
        ],
        when: [hasBits(at(2), MAP_SHARED), hasBits(at(0, "flags"), O_RDWR), hasFile(0), hasPath(0)],
        fields: pathAt(0),
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
    fields: [filePath, fileMode, fileOwned],
    places: [truncation],
    uncovered: ["fallocate: it is a file.write"],
  },
  {
    name: "file.mmap",
    summary: "maps a file into memory",
    fields: [
      filePath,
      fileMode,
      fileOwned,
      fileFlags,
      { name: "map.protection", meaning: "`PROT_READ`, `PROT_WRITE`, `PROT_EXEC`" },
      { name: "map.flags", meaning: "`MAP_SHARED`, `MAP_PRIVATE` …" },
    ],
    places: [
      {
        hook: "security_mmap_file",
        need: "required",
        covers: ["mmap of a file"],
        when: [hasFile(0), hasPath(0)],
        fields: { ...fileAt(0), "map.protection": at(1), "map.flags": at(2) },
      },
    ],
    uncovered: ["mprotect of a mapping that exists", "mremap"],
  },
  {
    name: "file.exec",
    summary: "runs a file as a program, or maps it as code",
    fields: [filePath, fileMode, fileOwned],
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
        covers: [
          "mprotect that makes the mapping of a file executable; from 6.8 on not where the file is on an overlay",
        ],
        when: [hasBits(at(2), PROT_EXEC), hasFile(3)],
        fields: pathAt(3),
      },
    ],
    uncovered: [
      "code that an interpreter reads (`sh script`): a file.read",
      "code copied into anonymous memory",
    ],
  },
  {
    name: "file.load",
    summary: "maps a file as code: a program, its interpreter, a library",
    fields: [filePath, fileMode, fileOwned],
    places: [
      {
        hook: "loaded_file",
        need: "required",
        covers: ["mmap with PROT_EXEC of a file; events are of the type `process_loader`"],
        when: [hasBits(at(1), PROT_EXEC), hasFile(0)],
        fields: pathAt(0),
      },
    ],
    uncovered: ["mprotect that makes a mapping executable: a file.exec", "code copied into anonymous memory"],
  },
  {
    name: "file.create",
    summary: "gives a name to a file, directory, device or socket, also one that stood for another file",
    fields: [filePath, fileOwned],
    places: [
      {
        hook: "security_path_mknod",
        need: "required",
        covers: ["open and creat of a new file", "mknod, mkfifo", "bind of a UNIX socket"],
        when: [],
        fields: nameAt(4),
      },
      { hook: "security_path_mkdir", need: "required", covers: ["mkdir"], when: [], fields: nameAt(3) },
      { hook: "security_path_symlink", need: "required", covers: ["symlink"], when: [], fields: nameAt(3) },
      {
        hook: "security_path_link",
        need: "required",
        covers: ["link: the new name"],
        when: [],
        fields: nameAt(4),
      },
      {
        hook: "security_path_rename",
        need: "required",
        covers: ["rename: the new name"],
        when: [],
        fields: nameAt(6),
      },
      {
        hook: "security_path_rename",
        need: "required",
        covers: ["renameat2 with RENAME_EXCHANGE: the first name, too"],
        when: [hasBits(at(4), RENAME_EXCHANGE)],
        fields: nameAt(5),
      },
    ],
    uncovered: ["files without a name (O_TMPFILE, memfd_create)"],
  },
  {
    name: "file.delete",
    summary: "takes a name away from a file or directory",
    fields: [filePath, fileMode, fileOwned],
    places: [
      { hook: "security_path_unlink", need: "required", covers: ["unlink"], when: [], fields: pathAt(2) },
      { hook: "security_path_rmdir", need: "required", covers: ["rmdir"], when: [], fields: pathAt(2) },
      {
        hook: "security_path_rename",
        need: "required",
        covers: ["rename: the old name"],
        when: [],
        fields: pathAt(5),
      },
      {
        hook: "security_path_rename",
        need: "required",
        covers: ["rename over a file that is there, or in exchange for one"],
        when: [hasFile(6)],
        fields: pathAt(6),
      },
    ],
    uncovered: ["truncation: a file.truncate"],
  },
  {
    name: "file.rename",
    summary: "moves a file or directory to another name",
    fields: [filePath, fileMode, fileOwned, targetPath],
    places: [
      {
        hook: "security_path_rename",
        need: "required",
        covers: ["rename, renameat, renameat2"],
        when: [],
        fields: { ...pathAt(5), "target.path": at(6, "path") },
      },
      {
        hook: "security_path_rename",
        need: "required",
        covers: ["renameat2 with RENAME_EXCHANGE: the other file, which moves as well"],
        when: [hasBits(at(4), RENAME_EXCHANGE)],
        fields: { ...pathAt(6), "target.path": at(5, "path") },
      },
    ],
    uncovered: [],
  },
  {
    name: "file.link",
    summary: "gives a file another name",
    fields: [filePath, fileMode, fileOwned, targetPath],
    places: [
      {
        hook: "security_path_link",
        need: "required",
        covers: ["link, linkat"],
        when: [],
        fields: { ...pathAt(3), "target.path": at(4, "path") },
      },
    ],
    uncovered: ["symbolic links: a file.create"],
  },
  {
    name: "file.chmod",
    summary: "changes the permissions of a file",
    fields: [
      filePath,
      fileMode,
      fileOwned,
      { name: "new.mode", meaning: "the permissions that it is to have" },
    ],
    places: [
      {
        hook: "security_path_chmod",
        need: "required",
        covers: ["chmod, fchmod, fchmodat, fchmodat2"],
        when: [],
        fields: { ...pathAt(0), "new.mode": at(1) },
      },
    ],
    uncovered: ["access control lists (setxattr)"],
  },
  {
    name: "file.chown",
    summary: "changes the owner or group of a file",
    fields: [
      filePath,
      fileMode,
      fileOwned,
      { name: "new.uid", meaning: "the owner that it is to have; 4294967295: as it is" },
      { name: "new.gid", meaning: "the group that it is to have; 4294967295: as it is" },
    ],
    places: [
      {
        hook: "security_path_chown",
        need: "required",
        covers: ["chown, fchown, lchown, fchownat"],
        when: [],
        fields: { ...pathAt(0), "new.uid": at(1), "new.gid": at(2) },
      },
    ],
    uncovered: [],
  },
];
