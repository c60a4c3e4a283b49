/** Examples of findings about hooks, types and values against the kernel's facts. */
import { type Page, inConnections, inPolicy, inRules, inSelector, inSituation } from "./page.ts";

const onHook = (hook: string, rule = 'alert when f.path == "/etc/shadow"'): string =>
  `policy "example" {\n  on ${hook} { ${rule} }\n}\n`;
const sound = onHook("kprobe security_file_open(f: file)");

export const kernelPages = {
  "not-supported-yet": inPolicy(
    onHook('uprobe "/usr/bin/bash" readline(prompt: string) return (line: string)', "alert"),
    onHook('uprobe "/usr/bin/bash" readline return (line: string)', "alert"),
  ),
  "unknown-hook": inPolicy(onHook('kprobe "not a function"', "alert"), sound),
  "group-without-precedence": inPolicy(
    onHook('file.open in group "files"', 'deny when file.path == "/etc/shadow"'),
    onHook('file.open in group "files" precedence 10', 'deny when file.path == "/etc/shadow"'),
  ),
  "group-conflict": inPolicy(
    `${onHook('file.open in group "files" precedence 10', 'deny when file.path == "/a"')}\n${onHook(
      'file.open in group "files" precedence 20',
      'allow when file.path == "/a"',
    ).replace('"example"', '"other"')}`,
    onHook('file.open in group "files" precedence 10', 'deny when file.path == "/a"'),
  ),
  "refusal-incomplete": inPolicy(
    onHook("kprobe syscall sys_openat(_, _, flags: int)", "deny when flags has O_CREAT"),
    onHook("kprobe syscall sys_mkdir(_, mode: int)", "deny when mode == 0o777"),
  ),
  "refusal-out-of-reach": inPolicy(
    onHook("kprobe tcp_connect(sk: sock) refusing (sys_connect)", "deny when sk.dport == 22"),
    onHook("tracepoint raw_syscalls/sys_enter(id: int64 at 4) refusing (sys_connect)", "deny when id == 42"),
  ),
  "refusal-of-other-calls": inPolicy(
    onHook(
      "tracepoint raw_syscalls/sys_enter(id: int64 at 4) refusing (sys_symlinkat)",
      "deny when id > 200",
    ),
    onHook(
      "tracepoint raw_syscalls/sys_enter(id: int64 at 4) refusing (sys_symlinkat)",
      "deny when id == 266",
    ),
  ),
  "hash-not-possible": inSelector(
    "matchActions:\n- {action: Post, imaHash: true}",
    "matchActions:\n- {action: Post, kernelStackTrace: true}",
  ),
  "request-of-runtime": inRules(
    'alert, fetch "http://name.example/seen" when mask == 1',
    "alert when mask == 1",
  ),
  "invalid-request": inRules(
    'alert, fetch "name.example" when mask == 1',
    'alert, fetch "http://name.example" when mask == 1',
  ),
  "read-as-engine": inSituation(
    "A port range is written `90:80`, and `--compat tetragon` is given.",
    "The range is written `80:90`.",
  ),
  "hook-left-out": inPolicy(
    onHook("kprobe optional security_create_user_ns", "alert"),
    onHook("kprobe optional tcp_connect(sk: sock)", "alert"),
  ),
  "invalid-pattern": inPolicy(
    onHook('kprobe matching "^(ksys_)+$"', "alert"),
    onHook("kprobe ksys_read", "alert"),
  ),
  "unknown-event": inPolicy(onHook("file.opn", "alert"), sound),
  "unknown-type": inPolicy(onHook("kprobe security_file_open(f: fil)"), sound),
  "unknown-field": inRules('deny when f.pth == "/etc/shadow"', 'deny when f.path == "/etc/shadow"'),
  "duplicate-parameter": inPolicy(
    onHook("kprobe security_file_permission(f: file, f: int)"),
    onHook("kprobe security_file_permission(f: file, mask: int)"),
  ),
  "argument-out-of-range": inPolicy(onHook("kprobe security_file_open(f: file, flags: int)"), sound),
  "argument-type-mismatch": inPolicy(onHook("kprobe security_file_open(f: int)", "alert when f == 1"), sound),
  "argument-type-widened": inPolicy(
    onHook("kprobe security_file_permission(f: file, mask: int64)"),
    onHook("kprobe security_file_permission(f: file, mask: int)"),
  ),
  "prototype-unknown": inPolicy(
    onHook("kprobe my_driver_open(n: int) return (r: int)", "alert when r < 0"),
    onHook("kprobe my_driver_open(n: int)", "alert when n < 0"),
  ),
  "operator-type-mismatch": inRules(
    'deny when mask starts with "/etc"',
    'deny when f.path starts with "/etc/ssh"',
  ),
  "value-type-mismatch": inRules('deny when mask == "read"', "deny when mask == MAY_READ"),
  "value-out-of-range": inConnections("alert when sk.dport == 65536", "alert when sk.dport == 65535"),
  "empty-range": inConnections("alert when sk.dport in 1023..1", "alert when sk.dport in 1..1023"),
  "unknown-value-name": inRules("deny when mask has MAY_REED", "deny when mask has MAY_READ"),
  "invalid-address": inConnections("alert when sk.daddr == 10.0.0.256", "alert when sk.daddr == 10.0.0.255"),
  "address-host-bits": inConnections(
    "alert when sk.daddr in 10.1.2.3/8",
    "alert when sk.daddr in 10.0.0.0/8",
  ),
  "invalid-path-value": inRules('deny when f.path == ""', 'deny when f.path == "/etc/shadow"'),
  "invalid-glob": inRules('deny when f.path matches "/etc/[a-"', 'deny when f.path matches "/etc/[a-f]*"'),
  "invalid-user-place": inPolicy(
    onHook('uprobe "bash" readline', "alert"),
    onHook('uprobe "/usr/bin/bash" readline', "alert"),
  ),
  "path-not-absolute": inRules('deny when f.path == "etc/shadow"', 'deny when f.path == "/etc/shadow"'),
  "duplicate-value": inRules('deny when f.path in ["/a", "/b", "/a"]', 'deny when f.path in ["/a", "/b"]'),
  "condition-always-true": inConnections("alert when sk.dport >= 0", "alert when sk.dport > 0"),
  "condition-never-true": inConnections("alert when sk.dport < 0", "alert when sk.dport < 1024"),
  "conflicting-actions": inRules("allow, deny when mask == 4", "deny when mask == 4"),
  "invalid-action-value": inRules("deny EPREM when mask == 4", "deny EPERM when mask == 4"),
  "verdict-not-possible": inPolicy(
    onHook("kprobe vfs_read(f: file)", 'deny when f.path == "/etc/shadow"'),
    onHook("kprobe security_file_permission(f: file)", 'deny when f.path == "/etc/shadow"'),
  ),
  "kill-after-effect": inPolicy(
    onHook("kprobe vfs_read(f: file)", 'kill when f.path == "/etc/shadow"'),
    onHook("kprobe security_file_permission(f: file)", 'kill when f.path == "/etc/shadow"'),
  ),
  "result-known-too-late": inPolicy(
    onHook("kprobe security_file_permission(f: file) return (r: int)", "deny when r == 0"),
    onHook("kprobe security_file_permission(f: file) return (r: int)", "alert when r < 0"),
  ),
  "invalid-btf": inSituation(
    "`policyc lint --target vmlinux-6.1.elf x.policy`, where the file is the whole kernel",
    "`policyc lint --target vmlinux-6.1.btf x.policy`, the kernel's raw BTF",
  ),
  "no-clang": inSituation(
    "`policyc compile` on a machine without clang.",
    "`apt-get install clang`, or set `CLANG`.",
  ),
  "clang-failed": inSituation("A clang that is older than 14.", "clang 14 or newer."),
} as const satisfies Record<string, Page>;
