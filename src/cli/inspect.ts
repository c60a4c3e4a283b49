import { readFileSync } from "node:fs";
import type { Command } from "commander";
import type { Manifest, ManifestRequirement } from "../../runtime/manifest.ts";
import { displayWidth, shownText } from "../diagnostics/display.ts";
import { complain, reasonOf } from "./complain.ts";
import { EXIT_ENVIRONMENT, EXIT_FINE, EXIT_POLICY } from "./exit-codes.ts";

/** Adds `policyc inspect`. */
export function registerInspect(program: Command): void {
  program
    .command("inspect")
    .description("show what is in a bundle")
    .argument("<bundle>", "a bundle file")
    .option("--json", "print one JSON object", false)
    .action(async (path: string, options: { readonly json: boolean }) => {
      process.exitCode = await runInspect(path, options.json);
    });
}

async function runInspect(path: string, json: boolean): Promise<number> {
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    complain(`cannot read ${path}: ${reasonOf(error)}`);
    return EXIT_ENVIRONMENT;
  }
  const manifest = await readManifest(bytes);
  if (manifest === undefined) {
    complain(`${path} is no bundle: make one with \`policyc compile\``);
    return EXIT_POLICY;
  }
  process.stdout.write(json ? `${JSON.stringify(inspection(manifest))}\n` : page(manifest));
  return EXIT_FINE;
}

async function readManifest(bytes: Uint8Array): Promise<Manifest | undefined> {
  const { unzipSync } = await import("fflate");
  try {
    const text = unzipSync(bytes, { filter: ({ name }) => name === "manifest.json" })["manifest.json"];
    const value: unknown = text === undefined ? undefined : JSON.parse(new TextDecoder().decode(text));
    return isManifest(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Bundles come from this compiler; the runtime checks their digests. */
function isManifest(value: unknown): value is Manifest {
  const lists = ["policies", "rules", "hooks", "attachments", "programs", "maps"];
  return (
    typeof value === "object" &&
    value !== null &&
    lists.every((key) => Array.isArray(Reflect.get(value, key)))
  );
}

function inspection(manifest: Manifest): object {
  return {
    compiler: manifest.compiler,
    policies: manifest.policies,
    programs: manifest.programs,
    maps: manifest.maps,
    ...(manifest.budget === undefined ? {} : { budget: manifest.budget }),
    requires: requirementsOf(manifest),
    notes: manifest.notes,
    digests: manifest.digests,
    signatures: [],
  };
}

/** For each place that must have a program: what the host needs, best first. */
function requirementsOf(manifest: Manifest): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    manifest.attachments.map(({ purpose, need, alternatives }) => [purpose, { need, alternatives }]),
  );
}

function page(manifest: Manifest): string {
  const bytes = manifest.maps.reduce((sum, map) => sum + map.bytes, 0);
  const instructions = manifest.programs.reduce((sum, program) => sum + program.instructions, 0);
  return [
    `compiled by ${manifest.compiler}`,
    "",
    `policies: ${manifest.policies.length}, ${manifest.rules.length} rules`,
    ...table(manifest.policies.map(({ name, mode, file, line }) => [name, mode, `${file}:${line}`])),
    "",
    `programs: ${manifest.programs.length}, ${instructions} instructions`,
    ...table(
      [
        ["name", "section", "instructions", "expected", "stack"],
        ...manifest.programs.map((one) => [
          one.name,
          one.section,
          one.instructions,
          one.estimate?.instructions ?? "",
          one.stack,
        ]),
      ].map((row) => row.map(String)),
      [2, 3, 4],
    ),
    "",
    `maps: ${manifest.maps.length}, ${bytes} bytes`,
    ...table(
      [
        ["name", "type", "entries", "most", "bytes"],
        ...manifest.maps.map((map) => [map.name, map.type, map.entries, map.maxEntries, map.bytes]),
      ].map((row) => row.map(String)),
      [2, 3, 4],
    ),
    ...limitLines(manifest),
    "",
    "needs",
    ...manifest.attachments.map(needLine),
    ...(manifest.notes.length === 0 ? [] : ["", "notes", ...manifest.notes.map((note) => `  ${note}`)]),
    "",
  ]
    .map(shownText)
    .join("\n");
}

/** How near the bundle comes to the limits of the kernels that it was compiled for. */
function limitLines({ budget }: Manifest): readonly string[] {
  return budget === undefined
    ? []
    : [
        "",
        `limits of ${budget.targets.map((name) => `kernel ${name}`).join(", ")}`,
        ...table(
          [
            ["what", "used", "limit", "where most"],
            ...budget.uses.map(({ limit, used, maximum, where }) => [limit, used, maximum, where]),
          ].map((row) => row.map(String)),
          [1, 2],
        ),
      ];
}

/** Rows with columns under each other, two spaces in; the columns of `numbers` end at their right edge. */
function table(rows: readonly (readonly string[])[], numbers: readonly number[] = []): readonly string[] {
  const width = (column: number): number =>
    Math.max(...rows.map((row) => displayWidth(shownText(row[column] ?? ""))));
  return rows.map((row) =>
    row
      .map((cell, column) => {
        const room = " ".repeat(Math.max(0, width(column) - displayWidth(shownText(cell))));
        return numbers.includes(column) ? room + cell : cell + room;
      })
      .reduce((line, cell) => `${line}  ${cell}`, "")
      .trimEnd(),
  );
}

/** What a host must have: one of the alternatives of each place; those that ask for more than another are left out. */
function needLine({ purpose, need, alternatives }: Manifest["attachments"][number]): string {
  const ways = alternatives.map(({ requires }) => requires.map(requirementText));
  const least = ways.filter(
    (way) => !ways.some((other) => other.length < way.length && other.every((part) => way.includes(part))),
  );
  const texts = least.map((way) => way.join(" and ") || "any kernel with BTF");
  const optional = need === "if-present" ? ", where the kernel has it" : "";
  return `  ${purpose}${optional}: ${[...new Set(texts)].join("; or ")}`;
}

function requirementText(requirement: ManifestRequirement): string {
  switch (requirement.kind) {
    case "bpf-lsm-active":
      return "BPF LSM";
    case "kernel-function":
      return requirement.name;
    case "modifiable-function":
      return `a changeable ${requirement.name}`;
    case "raw-tracepoint":
      return `tracepoint ${requirement.name}`;
    case "helper":
      return requirement.name;
  }
}
