/** Examples of findings about the policy language itself. */
import { type Page, inPolicy, inRules, inSituation } from "./page.ts";

const doubling = Array.from({ length: 16 }, (_, index) => {
  return `let v${index + 1} = [v${index}, v${index}]`;
}).join("\n");

export const languagePages = {
  "policy-syntax": inRules("deny wehn mask == 4", "deny when mask == 4"),
  "policy-character": inRules("deny when mask == 4;", "deny when mask == 4"),
  "policy-quote": inRules('deny when f.path == "/etc/shadow', 'deny when f.path == "/etc/shadow"'),
  "policy-escape": inRules('deny when f.path ends with "\\.ssh"', 'deny when f.path ends with "\\\\.ssh"'),
  "policy-number": inRules(`deny when mask == ${"9".repeat(101)}`, "deny when mask == 9"),
  "policy-nesting": inRules(`deny when ${"(".repeat(65)}mask == 4${")".repeat(65)}`, "deny when mask == 4"),
  "unknown-name": inPolicy(
    'let secrets = ["/etc/shadow"]\n\npolicy "example" {\n  on kprobe security_file_open(f: file) { deny when f.path in secret }\n}\n',
    'let secrets = ["/etc/shadow"]\n\npolicy "example" {\n  on kprobe security_file_open(f: file) { deny when f.path in secrets }\n}\n',
  ),
  "unused-name": inPolicy(
    'let secrets = ["/etc/shadow"]\n\npolicy "example" {}\n',
    'let _secrets = ["/etc/shadow"]\n\npolicy "example" {}\n',
  ),
  "import-not-found": inPolicy('import "/opt/lists.policy"\n', "# the names stand in this file\n"),
  "import-outside": inSituation(
    '`import "../../lists.policy"` in a file of the working directory',
    '`import "shared/lists.policy"`, with the lists below the working directory',
  ),
  "import-cycle": inPolicy('import "example.policy"\n', "# the names stand in this file\n"),
  "duplicate-name": inPolicy('let _a = "/a"\nlet _a = "/b"\n', 'let _a = "/a"\nlet _b = "/b"\n'),
  "cyclic-name": inPolicy("let _a = [_b]\nlet _b = [_a]\n", "let _a = [_b]\nlet _b = [1]\n"),
  "wrong-kind-of-name": inPolicy(
    'let keys = ["/etc/ssh"]\n\npolicy "example" {\n  on kprobe security_file_open(f: file) { deny when keys }\n}\n',
    'let keys = ["/etc/ssh"]\n\npolicy "example" {\n  on kprobe security_file_open(f: file) { deny when f.path under keys }\n}\n',
  ),
  "definition-too-large": inPolicy(`let v0 = [1]\n${doubling}\n`, "let _v = [1]\n"),
  "duplicate-statement": inPolicy(
    'policy "example" {\n  severity 7\n  severity 8\n}\n',
    'policy "example" {\n  severity 8\n}\n',
  ),
  "misplaced-otherwise": inRules(
    "otherwise deny\nallow when mask == 4",
    "allow when mask == 4\notherwise deny",
  ),
  "invalid-limit": inRules("deny, limit 10 per 1s when mask == 4", "deny, alert when mask == 4"),
  "invalid-template": inRules('alert "read {f.path" when mask == 4', 'alert "read {f.path}" when mask == 4'),
  "conversion-loss": inSituation(
    '`policyc convert --to tetragon` of a rule with `when any ancestor.exe == "/usr/sbin/sshd"`',
    "`policyc convert --to policy`, which loses nothing",
  ),
  "wrong-number-of-values": inRules("deny when mask == [1, 2]", "deny when mask in [1, 2]"),
} as const satisfies Record<string, Page>;
