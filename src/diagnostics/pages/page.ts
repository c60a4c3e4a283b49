/** An example of what gives a diagnostic and of what does not. */
export interface Page {
  /** The language of both examples; `situation`: nothing that a policy says, told in words. */
  readonly language: "policy" | "tetragon" | "kubearmor" | "situation";
  readonly wrong: string;
  readonly right: string;
  /** Values of `--set` that both examples are read with. */
  readonly parameters?: Readonly<Record<string, string>>;
}

/** Examples in the policy language. */
export function inPolicy(wrong: string, right: string): Page {
  return { language: "policy", wrong, right };
}

/** Examples of rules on a file: blocks of one policy that look at `security_file_permission`. */
export function inRules(wrong: string, right: string): Page {
  return inPolicy(onFiles(wrong), onFiles(right));
}

function onFiles(rules: string): string {
  const lines = rules.split("\n").map((line) => `    ${line}\n`);
  const hook = "kprobe security_file_permission(f: file, mask: int)";
  return `policy "example" {\n  on ${hook} {\n${lines.join("")}  }\n}\n`;
}

/** Examples of rules on a connection: blocks of one policy that look at `tcp_connect`. */
export function inConnections(wrong: string, right: string): Page {
  const text = (rule: string): string =>
    `policy "example" {\n  on kprobe tcp_connect(sk: sock) {\n    ${rule}\n  }\n}\n`;
  return inPolicy(text(wrong), text(right));
}

/** Examples of TracingPolicies. */
export function inTracingPolicy(wrong: string, right: string): Page {
  return { language: "tetragon", wrong, right };
}

/** Examples of the sections of a KubeArmorPolicy. */
export function inKubearmor(wrong: string, right: string): Page {
  return { language: "kubearmor", wrong: kubearmorPolicy(wrong), right: kubearmorPolicy(right) };
}

/** A KubeArmorPolicy whose sections are given as lines of YAML. */
export function kubearmorPolicy(sections: string): string {
  const lines = sections.split("\n").map((line) => `  ${line}\n`);
  return `apiVersion: security.kubearmor.com/v1
kind: KubeArmorPolicy
metadata:
  name: example
  namespace: default
spec:
  selector:
    matchLabels: {app: web}
${lines.join("")}`;
}

/** Examples of selectors of a TracingPolicy. */
export function inSelector(wrong: string, right: string): Page {
  return inTracingPolicy(tracingPolicy(wrong), tracingPolicy(right));
}

/** A TracingPolicy with one selector, which is given as lines of YAML. */
export function tracingPolicy(selector: string): string {
  const lines = selector.split("\n").map((line, index) => `${index === 0 ? "    - " : "      "}${line}\n`);
  return `apiVersion: cilium.io/v1alpha1
kind: TracingPolicy
metadata:
  name: example
spec:
  kprobes:
  - call: security_file_permission
    syscall: false
    args:
    - {index: 0, type: file}
    - {index: 1, type: int}
    selectors:
${lines.join("")}`;
}

/** What is no matter of a policy's text. */
export function inSituation(wrong: string, right: string): Page {
  return { language: "situation", wrong, right };
}
