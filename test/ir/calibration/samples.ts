/** Policies that the estimate is compared on: each grows in one direction, so that a bad constant shows. */

export interface Sample {
  readonly name: string;
  /** In the policy language. */
  readonly text: string;
}

const times = <T>(count: number, make: (index: number) => T): readonly T[] =>
  Array.from({ length: count }, (_, index) => make(index));

const quoted = (texts: readonly string[]): string => texts.map((text) => JSON.stringify(text)).join(", ");

function fileBlock(rules: readonly string[], hook = "security_file_permission(f: file, mask: int)"): string {
  return `on kprobe ${hook} {\n${rules.join("\n")}\n}`;
}

function policy(name: string, ...blocks: readonly string[]): string {
  return `policy "${name}" {\napplies to everything\n${blocks.join("\n")}\n}\n`;
}

const sockHook = "tcp_connect(sk: sock)";

const network = (index: number): string => `10.${index >> 8}.${index & 0xff}.0/24`;

/** Rules of one kind, by how many there are. */
const rulesOf: Readonly<Record<string, (index: number) => string>> = {
  prefixes: (index) => `deny when f.path starts with "/srv/area${index}/private"`,
  exact: (index) => `kill, alert when f.path == "/srv/area${index}/key"`,
  suffixes: (index) => `alert when f.path ends with ".kind${index}"`,
  "prefixes-and-bits": (index) =>
    `deny when f.path starts with "/srv/${index}/" and mask has ${1 << (index % 5)}`,
  globs: (index) => `alert when f.path matches "/srv/*/kind${index}/**"`,
  integers: (index) => `deny when mask == ${index + 16}`,
  ranges: (index) => `alert when mask in [${index * 10}..${index * 10 + 3}, ${index * 10 + 7}]`,
  residues: (index) =>
    `deny when (f.path starts with "/srv/${index}/" or f.path ends with ".key${index}") and not (mask == ${index} and f.path == "/srv/${index}/x")`,
};

const socketRulesOf: Readonly<Record<string, (index: number) => string>> = {
  addresses: (index) => `alert when sk.daddr in [${network(index)}] and sk.dport == ${1000 + index}`,
  refusals: (index) => `kill, alert when not sk.daddr in [${network(index)}, 127.0.0.0/8]`,
};

const counts = [1, 10, 100, 300, 1000] as const;

function grown(kind: string, hook: string, rule: (index: number) => string): readonly Sample[] {
  return counts.map((count) => ({
    name: `${kind}-${count}`,
    text: policy(kind, fileBlock(times(count, rule), hook)),
  }));
}

/** Every generated sample, smallest first within its kind. */
export const samples: readonly Sample[] = [
  ...Object.entries(rulesOf).flatMap(([kind, rule]) =>
    grown(kind, "security_file_permission(f: file, mask: int)", rule),
  ),
  ...Object.entries(socketRulesOf).flatMap(([kind, rule]) => grown(kind, sockHook, rule)),
  ...counts.map((count) => ({
    name: `values-${count}`,
    text: policy(
      "values",
      fileBlock([`deny when f.path starts with [${quoted(times(count, (index) => `/srv/area${index}/`))}]`]),
    ),
  })),
  ...counts.map((count) => ({
    name: `policies-${count}`,
    text: times(count, (index) =>
      policy(
        `service-${index}`,
        fileBlock([`alert when f.path starts with ["/srv/${index}/", "/mnt/${index}/"] and mask == 4`]),
      ),
    ).join("\n"),
  })),
  {
    name: "every-file-hook",
    text: policy(
      "every-file-hook",
      ...[
        "file_permission(f: file, mask: int)",
        "mmap_file(f: file, prot: uint64)",
        "path_truncate(f: path)",
        "file_open(f: file)",
      ].map((hook) => fileBlock(['kill, alert when f.path starts with "/srv/"'], `security_${hook}`)),
    ),
  },
];
