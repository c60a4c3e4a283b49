/** Hooks of the file system. Prototypes: include/linux/security.h and lsm_hook_defs.h, 5.10 to 7.2. */
import {
  file,
  fromParameters,
  int32,
  opaque,
  parameters,
  path,
  securityHook,
  securityPoints,
  uint64,
} from "../attach-points.ts";
import type { HookFact } from "../hook.ts";

const filePermission = {
  parameters: parameters(["struct file *", "file"], ["int", "mask"]),
  argumentMappings: fromParameters(0, 1),
};

/** An anonymous mapping has no file. */
const fileOrNull = { name: "file", cType: "struct file *", mayBeNull: true } as const;

const mmapFile = {
  parameters: [fileOrNull, ...parameters(["unsigned long", "prot"], ["unsigned long", "flags"])],
  argumentMappings: fromParameters(0, 1, 2),
};

/** The LSM hook has one parameter more: the protection the kernel will really give comes third. */
const lsmMmapFile = {
  parameters: [
    fileOrNull,
    ...parameters(["unsigned long", "reqprot"], ["unsigned long", "prot"], ["unsigned long", "flags"]),
  ],
  argumentMappings: fromParameters(0, 1, 3),
};

const onePath = {
  parameters: parameters(["const struct path *", "path"]),
  argumentMappings: fromParameters(0),
};

const oneFile = {
  parameters: parameters(["struct file *", "file"]),
  argumentMappings: fromParameters(0),
};

/** A `struct file *` place that serves a hook whose argument is a path. */
const pathOfFile = {
  parameters: oneFile.parameters,
  argumentMappings: [{ kind: "file-path", file: 0 }],
} as const;

export const fileHooks: readonly HookFact[] = [
  {
    id: "security_file_permission",
    section: "kprobe",
    arguments: [
      { name: "file", type: file },
      { name: "mask", type: int32, words: "accessMask" },
    ],
    result: int32,
    attachPoints: securityPoints("security_file_permission", filePermission, filePermission),
    alsoServedBy: [],
    guards: [],
  },
  {
    id: "security_mmap_file",
    section: "kprobe",
    arguments: [
      { name: "file", type: file },
      { name: "prot", type: uint64, words: "memoryProtection" },
      { name: "flags", type: uint64, words: "mapFlags" },
    ],
    result: int32,
    attachPoints: securityPoints("security_mmap_file", mmapFile, lsmMmapFile),
    alsoServedBy: [],
    guards: [],
  },
  {
    // Events about code that is loaded have a type of their own.
    id: "loaded_file",
    section: "loader",
    arguments: [
      { name: "file", type: file },
      { name: "prot", type: uint64, words: "memoryProtection" },
    ],
    result: int32,
    attachPoints: securityPoints(
      "security_mmap_file",
      { ...mmapFile, argumentMappings: fromParameters(0, 1) },
      { ...lsmMmapFile, argumentMappings: fromParameters(0, 1) },
    ),
    alsoServedBy: [],
    guards: [],
  },
  {
    id: "security_path_truncate",
    section: "kprobe",
    arguments: [{ name: "path", type: path }],
    result: int32,
    attachPoints: securityPoints("security_path_truncate", onePath, onePath),
    // From 6.2 on, ftruncate and open with O_TRUNC come through security_file_truncate instead.
    alsoServedBy: [
      {
        need: "if-present",
        attachPoints: securityPoints("security_file_truncate", pathOfFile, pathOfFile),
      },
    ],
    guards: [],
  },
  {
    id: "security_file_truncate",
    section: "kprobe",
    arguments: [{ name: "file", type: file }],
    result: int32,
    attachPoints: securityPoints("security_file_truncate", oneFile, oneFile),
    alsoServedBy: [],
    guards: [],
  },
  {
    id: "security_file_open",
    section: "kprobe",
    arguments: [{ name: "file", type: file }],
    result: int32,
    attachPoints: securityPoints("security_file_open", oneFile, oneFile),
    alsoServedBy: [],
    guards: [],
  },
  securityHook(
    "security_file_mprotect",
    [
      opaque("vma", "struct vm_area_struct *"),
      { name: "reqprot", type: uint64, words: "memoryProtection" },
      { name: "prot", type: uint64, words: "memoryProtection" },
      { name: "file", type: file, derived: true },
      { name: "vm_flags", type: uint64, derived: true },
    ],
    {
      parameters: parameters(
        ["struct vm_area_struct *", "vma"],
        ["unsigned long", "reqprot"],
        ["unsigned long", "prot"],
      ),
      argumentMappings: [
        ...fromParameters(0, 1, 2),
        { kind: "member", parameter: 0, member: "vm_file", mayBeNull: true },
        { kind: "member", parameter: 0, member: "vm_flags" },
      ],
    },
  ),
];
