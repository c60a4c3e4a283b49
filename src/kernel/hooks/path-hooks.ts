/**
 * Hooks where names of files come, go and change, and where attributes of what they name do. Prototypes:
 * include/linux/security.h and lsm_hook_defs.h, 5.10 to 7.2.
 */
import {
  fromParameters,
  lsm,
  opaque,
  parameters,
  path,
  securityHook,
  securityPoints,
  uint16,
  uint32,
} from "../attach-points.ts";
import type { ArgumentFact, ArgumentMapping, AttachPoint, HookFact } from "../hook.ts";

const directory: ArgumentFact = { name: "dir", type: path };
const dentry = opaque("dentry", "struct dentry *");
const mode: ArgumentFact = { name: "mode", type: uint16, words: "fileMode" };
/** The name in its directory: what the operation is about. */
const named: ArgumentFact = { name: "path", type: path, derived: true };
const inDirectory: ArgumentMapping = { kind: "dentry", dentry: 1, directory: 0 };

const directoryAndDentry = [
  ["const struct path *", "dir"],
  ["struct dentry *", "dentry"],
] as const;

function nameHook(
  id: string,
  others: readonly ArgumentFact[],
  ...types: readonly (readonly [string, string])[]
): HookFact {
  return securityHook(id, [directory, dentry, ...others, named], {
    parameters: parameters(...directoryAndDentry, ...types),
    argumentMappings: [...fromParameters(0, 1, ...others.map((_, index) => index + 2)), inDirectory],
  });
}

const renameParameters = parameters(
  ["const struct path *", "old_dir"],
  ["struct dentry *", "old_dentry"],
  ["const struct path *", "new_dir"],
  ["struct dentry *", "new_dentry"],
  ["unsigned int", "flags"],
);

const renameShape = {
  parameters: renameParameters,
  argumentMappings: [
    ...fromParameters(0, 1, 2, 3, 4),
    { kind: "dentry", dentry: 1, directory: 0 },
    { kind: "dentry", dentry: 3, directory: 2 },
  ],
} as const;

/** security_create_user_ns came with 6.1. */
function from61(point: AttachPoint): AttachPoint {
  return {
    ...point,
    requires: [...point.requires, { kind: "kernel-function", name: "security_create_user_ns" }],
  };
}

const renamePoints = [
  // Until 5.18 the LSM hook had no flags.
  from61(lsm("path_rename", renameShape)),
  ...securityPoints("security_path_rename", renameShape, undefined),
];

const chown = {
  // kuid_t and kgid_t by value: trampolines pass structs from 6.1 on.
  parameters: parameters(["const struct path *", "path"], ["u32", "uid"], ["u32", "gid"]),
  argumentMappings: fromParameters(0, 1, 2),
};

export const pathHooks: readonly HookFact[] = [
  nameHook(
    "security_path_mknod",
    [mode, { name: "dev", type: uint32 }],
    ["umode_t", "mode"],
    ["unsigned int", "dev"],
  ),
  nameHook("security_path_mkdir", [mode], ["umode_t", "mode"]),
  nameHook("security_path_symlink", [opaque("old_name", "const char *")], ["const char *", "old_name"]),
  nameHook("security_path_unlink", []),
  nameHook("security_path_rmdir", []),
  securityHook(
    "security_path_link",
    [
      opaque("old_dentry", "struct dentry *"),
      { name: "new_dir", type: path },
      opaque("new_dentry", "struct dentry *"),
      // Both names are on one mount: link(2) refuses others.
      { name: "old_path", type: path, derived: true },
      { name: "new_path", type: path, derived: true },
    ],
    {
      parameters: parameters(
        ["struct dentry *", "old_dentry"],
        ["const struct path *", "new_dir"],
        ["struct dentry *", "new_dentry"],
      ),
      argumentMappings: [
        ...fromParameters(0, 1, 2),
        { kind: "dentry", dentry: 0, directory: 1 },
        { kind: "dentry", dentry: 2, directory: 1 },
      ],
    },
  ),
  {
    ...securityHook(
      "security_path_rename",
      [
        { name: "old_dir", type: path },
        opaque("old_dentry", "struct dentry *"),
        { name: "new_dir", type: path },
        opaque("new_dentry", "struct dentry *"),
        { name: "flags", type: uint32 },
        { name: "old_path", type: path, derived: true },
        { name: "new_path", type: path, derived: true },
      ],
      renameShape,
    ),
    attachPoints: renamePoints,
  },
  securityHook("security_path_chmod", [{ name: "path", type: path }, mode], {
    parameters: parameters(["const struct path *", "path"], ["umode_t", "mode"]),
    argumentMappings: fromParameters(0, 1),
  }),
  {
    ...securityHook(
      "security_path_chown",
      [
        { name: "path", type: path },
        { name: "uid", type: uint32 },
        { name: "gid", type: uint32 },
      ],
      chown,
    ),
    attachPoints: securityPoints("security_path_chown", chown, chown).map(from61),
  },
];
