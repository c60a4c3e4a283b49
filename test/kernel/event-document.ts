/** docs/events.md, made from the table of events and what is known of each kernel. */
import { type EventFact, type EventPlace, events } from "../../src/kernel/events.ts";
import { fieldsOf } from "../../src/kernel/field.ts";
import { hookTable } from "../../src/kernel/hook-table.ts";
import type { AttachPoint, HookPlace } from "../../src/kernel/hook.ts";
import { type Target, hasFunction, supportedTargets } from "../../src/kernel/target.ts";
import { invariant } from "../../src/source/invariant.ts";

const introduction = `# Portable events

<!-- Made from src/kernel/events: \`UPDATE_FIXTURES=1 npx vitest run test/kernel/event-document.test.ts\`. -->

A block can look at what happens instead of at a place in the kernel:

\`\`\`
on file.write when file.path under "/etc" { deny EACCES, alert }
\`\`\`

An event is looked for at every place in the kernel that the operation passes, so one rule meets all ways
to do it; below, each event lists them. The rule has one id at all of them (\`policy/file.write#1\`). Each
event of the log names the place, with what the event's fields are read from as arguments.

A program is attached in the first of these ways that the kernel has, so that it can refuse: as an LSM
program (\`lsm/…\`), which needs \`bpf\` among the active security modules, or as a program that changes the
result of the function that asks them (\`fmod_ret/…\`). An operation can pass several places and is then
decided, and reported, at each.

- \`file.open\`, \`file.read\`, \`file.write\` and \`file.mmap\` are about files that have a path: not about
  pipes, sockets, or the files that an overlay keeps below its own.
- \`net.*\` is about internet sockets: IPv4 and IPv6, TCP, UDP and the rest.
- A field that an operation has no value for makes its comparison false, before any \`not\`.
- A rule that refuses \`bpf.load\` also keeps policyc-runtime from loading the next bundle: let it through by
  \`process.exe\`.
- Some refusals come out as an error of the kernel's own choice and not as the rule's: capabilities (EPERM),
  reading another process (EPERM, EACCES), unshare and setns (EPERM).
`;

/** The whole page. */
export function eventDocument(): string {
  return [introduction, ...[...events.values()].map(section)].join("\n");
}

function section(event: EventFact): string {
  const places = event.places.map((place) => ({ place, rows: kernelsOf(place) }));
  const refusable = event.places.every((place) => denyingPoints(place).length > 0);
  return [
    `## ${event.name}`,
    "",
    `The process ${event.summary}. ${refusable ? "Can be refused." : "Is only reported: nothing can refuse it."}`,
    "",
    ...fieldLines(event),
    "Covered:",
    "",
    ...places.map(({ place, rows }) => `- ${place.covers.join("; ")}: ${rows}`),
    "",
    ...(event.uncovered.length === 0
      ? []
      : ["Not covered:", "", ...event.uncovered.map((text) => `- ${text}`), ""]),
  ].join("\n");
}

function fieldLines(event: EventFact): readonly string[] {
  return event.fields.length === 0
    ? ["No fields of its own.", ""]
    : [
        "Fields:",
        "",
        ...event.fields.map(
          (field) => `- \`${field.name}\` (${typeName(event, field.name)}): ${field.meaning}`,
        ),
        "",
      ];
}

function typeName(event: EventFact, name: string): string {
  const place = event.places.find(({ fields }) => fields[name] !== undefined);
  const field = place?.fields[name];
  const argument = place && hookTable.get(place.hook)?.arguments[field?.argument ?? -1];
  const type =
    argument && fieldsOf(argument.type, argument.words).find(({ part }) => part === field?.part)?.type;
  invariant(type !== undefined, `${event.name} has no ${name}`);
  return type.kind === "integer" ? `${type.signed ? "int" : "uint"}${type.bits}` : type.kind;
}

/** A place and the others that serve it, each with what is attached on which kernels. */
function kernelsOf(place: EventPlace): string {
  const fact = hookTable.get(place.hook);
  invariant(fact !== undefined, `no hook ${place.hook}`);
  const all: readonly HookPlace[] = [
    { attachPoints: fact.attachPoints, need: place.need },
    ...fact.alsoServedBy,
  ];
  return all.map(({ attachPoints }) => attachedWhere(attachPoints)).join(" and ");
}

function attachedWhere(points: readonly AttachPoint[]): string {
  const denying = points.filter(({ canDeny }) => canDeny);
  const usable = denying.length > 0 ? denying : points;
  const byPoint = new Map<string, string[]>();
  for (const target of supportedTargets) {
    const point = usable.find((candidate) => isServed(candidate, target));
    const name = point === undefined ? "nothing" : `\`${point.kind}/${point.target}\``;
    byPoint.set(name, [...(byPoint.get(name) ?? []), target.name]);
  }
  return [...byPoint]
    .filter(([name]) => name !== "nothing")
    .map(([name, kernels]) => `${name} on ${kernels.join(", ")}`)
    .join("; ");
}

function denyingPoints(place: EventPlace): readonly AttachPoint[] {
  return (hookTable.get(place.hook)?.attachPoints ?? []).filter(({ canDeny }) => canDeny);
}

function isServed(point: AttachPoint, target: Target): boolean {
  return point.requires.every((requirement) => {
    switch (requirement.kind) {
      case "bpf-lsm-active":
        return target.bpfLsm;
      case "kernel-function":
        return hasFunction(target, requirement.name) !== "no";
      case "helper":
      case "modifiable-function":
      case "raw-tracepoint":
        return true;
    }
  });
}
