/** Examples of findings about KubeArmor policies. */
import { inKubearmor, kubearmorPolicy, type Page } from "./page.ts";

const inList = (section: string, list: string, wrong: string, right: string, rightList = list): Page =>
  inKubearmor(
    `${section}:\n  ${list}:\n  - ${wrong}\n  action: Block`,
    `${section}:\n  ${rightList}:\n  - ${right}\n  action: Block`,
  );
const host = (selector: string): string =>
  kubearmorPolicy("file: {matchPaths: [{path: /etc/shadow}], action: Block}")
    .replace("kind: KubeArmorPolicy", "kind: KubeArmorHostPolicy")
    .replace("  namespace: default\n", "")
    .replace("  selector:\n    matchLabels: {app: web}\n", `  nodeSelector:\n    matchLabels: ${selector}\n`);
const sound = "file: {matchPaths: [{path: /etc/shadow}], action: Block}";

export const kubearmorPages = {
  "kubearmor-merged-usr": inList("process", "matchPaths", "path: /bin/sh", "path: /usr/bin/sh"),
  "kubearmor-glob-in-path": inList(
    "process",
    "matchPaths",
    "path: /usr/bin/**",
    "pattern: /usr/bin/**",
    "matchPatterns",
  ),
  "kubearmor-path-shape": inList("file", "matchDirectories", "dir: /etc/ssh", "dir: /etc/ssh/"),
  "kubearmor-pattern": inList("process", "matchPatterns", "pattern: mysqld", 'pattern: "/**/mysqld"'),
  "kubearmor-pattern-blank": inList(
    "process",
    "matchPatterns",
    'pattern: "/**/pip install"',
    'pattern: "/**/pip"',
  ),
  "kubearmor-audit-only": inKubearmor(
    "syscalls:\n  matchSyscalls:\n  - syscall: [unlink]\n  action: Block",
    "syscalls:\n  matchSyscalls:\n  - syscall: [unlink]\n  action: Audit",
  ),
  "kubearmor-no-namespace": {
    language: "kubearmor",
    wrong: kubearmorPolicy(sound).replace("  namespace: default\n", ""),
    right: kubearmorPolicy(sound),
  },
  "kubearmor-node-selector": {
    language: "kubearmor",
    wrong: host("{role: db}"),
    right: host('{kubernetes.io/hostname: "*"}'),
  },
  "kubearmor-no-rules": inKubearmor("file: {}", sound),
} satisfies Readonly<Record<string, Page>>;
