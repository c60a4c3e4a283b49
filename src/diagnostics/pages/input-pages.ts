/** Examples of findings about inputs, texts and YAML. */
import {
  type Page,
  inPolicy,
  inRules,
  inSelector,
  inSituation,
  inTracingPolicy,
  tracingPolicy,
} from "./page.ts";

const plain = 'matchArgs:\n- {index: 0, operator: Prefix, values: ["/etc/ssh"]}';
const sound = tracingPolicy(plain);

export const inputPages = {
  "input-not-readable": inSituation(
    "`policyc lint polices/`, where the folder is called `policies`",
    "`policyc lint policies/`",
  ),
  "not-utf8": inSituation("A file that an editor saved as UTF-16.", "The same file, saved as UTF-8."),
  "unknown-language": inSituation(
    "`policyc lint - < notes.txt`, where nothing in the text is a policy",
    "`policyc lint --language policy - < notes.policy`",
  ),
  "unset-parameter": inPolicy(
    'policy "example" {\n  param admin: path\n  on kprobe security_file_open(f: file) { deny when f.path == admin }\n}\n',
    'policy "example" {\n  param admin: path = "/etc/admin"\n  on kprobe security_file_open(f: file) { deny when f.path == admin }\n}\n',
  ),
  "unused-parameter": inSituation(
    "`policyc lint --set PODCDIR=10.0.0.0/8 egress.yaml`, where the file says `${PODCIDR}`",
    "`policyc lint --set PODCIDR=10.0.0.0/8 egress.yaml`",
  ),
  "bidirectional-character": inPolicy('policy "a\u202eb" {}\n', 'policy "a\\u{202e}b" {}\n'),
  "invisible-character": inSelector(
    'matchArgs:\n- {index: 0, operator: Prefix, values: ["/etc/\u200bssh"]}',
    plain,
  ),
  "control-character": inPolicy('policy "a\u0007b" {}\n', 'policy "a\\u{7}b" {}\n'),
  "more-findings": inSituation(
    "A file in which the same slip stands a thousand times.",
    "The file without it.",
  ),
  "yaml-syntax": inTracingPolicy(sound.replace("values: [", "values: "), sound),
  "yaml-tab": inTracingPolicy(sound.replace("  name:", "\tname:"), sound),
  "yaml-duplicate-key": inTracingPolicy(
    sound.replace("name: example", "name: example\n  name: other"),
    sound,
  ),
  "yaml-key": inTracingPolicy(`${sound}? [a, b]\n: c\n`, sound),
  "yaml-alias": inTracingPolicy(sound.replace('["/etc/ssh"]', "&list [*list]"), sound),
  "yaml-too-deep": inSituation(
    "A document with a thousand lists in each other.",
    "A policy: a dozen levels.",
  ),
  "yaml-too-large": inSituation("A file of hundreds of megabytes.", "A policy."),
  "skipped-document": inTracingPolicy(`${sound}---\napiVersion: v1\nkind: ConfigMap\n`, sound),
  "unknown-kind": inTracingPolicy("apiVersion: security.kubearmor.com/v1\nkind: KubeArmourPolicy\n", sound),
  "no-policy": inTracingPolicy("# nothing but a comment\n", sound),
  "duplicate-policy": inPolicy(
    'policy "example" {}\npolicy "example" {}\n',
    'policy "example" {}\npolicy "other" {}\n',
  ),
  "unknown-key": inTracingPolicy(sound.replace("matchArgs", "matchArg"), sound),
  "missing-key": inTracingPolicy(
    sound.replace("  - call: security_file_permission\n    syscall", "  - syscall"),
    sound,
  ),
  "wrong-type": inTracingPolicy(sound.replace('["/etc/ssh"]', "/etc/ssh"), sound),
  "unknown-value": inTracingPolicy(sound.replace("operator: Prefix", "operator: Prefx"), sound),
  "invalid-name": inTracingPolicy(sound.replace("name: example", "name: My_Policy"), sound),
  "namespaced-without-namespace": inTracingPolicy(
    sound.replace("kind: TracingPolicy", "kind: TracingPolicyNamespaced"),
    sound,
  ),
  "ignored-key": inSelector(
    `${plain}\nmatchActions:\n- {action: Sigkill, argError: -1}`,
    `${plain}\nmatchActions:\n- {action: Sigkill}`,
  ),
  "no-hooks": inTracingPolicy(sound.replace(/ {2}kprobes:[^]*/, "  kprobes: []\n"), sound),
  "unknown-argument": inSelector('matchArgs:\n- {index: 2, operator: Equal, values: ["1"]}', plain),
  "invalid-number": inSelector(
    'matchArgs:\n- {index: 1, operator: Mask, values: ["four"]}',
    'matchArgs:\n- {index: 1, operator: Mask, values: ["4"]}',
  ),
  "missing-values": inSelector("matchArgs:\n- {index: 0, operator: Prefix, values: []}", plain),
  "dialect-limit": inRules("alert when mask in [1, 2, 4, 8, 16]", "alert when mask in [1, 2, 4, 8]"),
} as const satisfies Record<string, Page>;
