import { readFileSync } from "node:fs";
import type { Command } from "commander";
import type { Manifest } from "../../runtime/manifest.ts";
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
    process.stderr.write(
      `policyc: cannot read ${path}: ${error instanceof Error ? error.message : String(error)}\n`,
    );
    return EXIT_ENVIRONMENT;
  }
  const manifest = await readManifest(bytes);
  if (manifest === undefined) {
    process.stderr.write(`policyc: ${path} is no bundle: make one with \`policyc compile\`\n`);
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
    "policies",
    ...manifest.policies.map(({ name, mode, file, line }) => `  ${name} (${mode}) from ${file}:${line}`),
    "",
    `programs: ${manifest.programs.length}, ${instructions} instructions`,
    ...manifest.programs.map(
      (program) => `  ${program.name.padEnd(32)} ${program.section.padEnd(36)} ${program.instructions}`,
    ),
    "",
    `maps: ${manifest.maps.length}, ${bytes} bytes`,
    ...manifest.maps.map(
      (map) =>
        `  ${map.name.padEnd(32)} ${map.type.padEnd(16)} ${map.entries}/${map.maxEntries} entries, ${map.bytes} bytes`,
    ),
    ...(manifest.notes.length === 0 ? [] : ["", "notes", ...manifest.notes.map((note) => `  ${note}`)]),
    "",
  ].join("\n");
}
