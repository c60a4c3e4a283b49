/** Examples of what the lint rules find. */
import { type Page, inPolicy, inRules } from "./page.ts";

const policy = (name: string, rules: string, mode = ""): string =>
  `policy "${name}"${mode} {\n  on kprobe security_file_permission(f: file, mask: int) {\n    ${rules}\n  }\n}\n`;

export const lintPages = {
  "confusable-character": inRules(
    'deny when f.path == "/etc/p\u0430sswd"',
    'deny when f.path == "/etc/passwd"',
  ),
  "text-too-long": inRules(
    'deny when process.comm == "kubelet-container-agent"',
    'deny when process.comm == "kubelet-contain"',
  ),
  "glob-as-text": inRules('deny when f.path == "/root/.ssh/*"', 'deny when f.path matches "/root/.ssh/*"'),
  "merged-directory": inRules('deny when f.path == "/bin/sh"', 'deny when f.path == "/usr/bin/sh"'),
  "matches-everything": inRules('deny when f.path under "/"', 'deny when f.path under "/etc"'),
  "redundant-value": inRules('deny when f.path under ["/etc", "/etc/ssh"]', 'deny when f.path under "/etc"'),
  "missing-value": inRules(
    'deny when not f.path under "/srv"',
    'deny when f.path exists and not f.path under "/srv"',
  ),
  "args-at-exec": inPolicy(
    'policy "example" {\n  on process.exec {\n    deny when process.args contains "-e"\n  }\n}\n',
    'policy "example" {\n  on tracepoint sched/sched_process_exec {\n    kill, alert when process.args contains "-e"\n  }\n}\n',
  ),
  "monitor-refuses": inPolicy(
    policy("example", "deny when mask == 4", " mode monitor"),
    policy("example", "deny when mask == 4", " mode enforce"),
  ),
  "allow-without-otherwise": inRules(
    'allow when f.path under "/srv"',
    'allow when f.path under "/srv"\notherwise deny, alert',
  ),
  "unlimited-alert": inRules("alert", 'alert when f.path under "/etc/ssh"'),
  "rule-never-matches": inRules("deny when mask < 2 and mask > 5", "deny when mask < 2 or mask > 5"),
  "rule-shadowed": inRules(
    'deny when f.path under "/etc"\nallow when f.path == "/etc/hosts"\ndeny when mask == 4',
    'allow when f.path == "/etc/hosts"\ndeny when f.path under "/etc"\ndeny when mask == 4',
  ),
  "policies-contradict": inPolicy(
    `${policy("web", 'allow when f.path under "/srv"\n    otherwise deny')}\n${policy("files", 'deny when f.path under "/srv"')}`,
    `${policy("web", 'allow when f.path under "/srv"\n    otherwise deny')}\n${policy("files", 'deny when f.path under "/etc"')}`,
  ),
} as const satisfies Record<string, Page>;
