import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import type { KernelOrigin } from "./kernel-catalog.ts";
import { type ProgramResult, runProgram } from "./program.ts";

/** Names a Debian mirror for machines whose own package sources have none. */
export const MIRROR_VARIABLE = "POLICYC_DEBIAN_MIRROR";

const KEYRINGS = [
  "/usr/share/keyrings/debian-archive-keyring.gpg",
  "/usr/share/keyrings/debian-archive-keyring.pgp",
] as const;

const META_PACKAGE = "linux-image-amd64";

/** Suites that a Debian machine may follow by another name than its own. */
const SUITE_ALIASES = ["stable", "testing", "unstable", "sid"] as const;

/** An apt of its own: it reads the machine's configuration and touches none of its state. */
interface AptState {
  readonly directory: string;
}

/**
 * Downloads the packages that make up a kernel and unpacks them below `target`.
 * Throws with a reason for people when the machine's package sources do not have them.
 */
export async function fetchKernelPackages(origin: KernelOrigin, target: string): Promise<void> {
  const directory = mkdtempSync(join(target, "apt-"));
  const state = { directory };
  try {
    await updateSources(state, origin);
    const packages = await kernelPackages(state, origin);
    expectSuccess(await apt(state, "apt-get", ["download", ...packages]), "apt-get download");
    for (const file of readdirSync(directory).filter((name) => name.endsWith(".deb"))) {
      expectSuccess(await runProgram("dpkg-deb", ["-x", join(directory, file), target]), "dpkg-deb");
    }
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

async function updateSources(state: AptState, origin: KernelOrigin): Promise<void> {
  const keyring = KEYRINGS.find((path) => existsSync(path));
  if (keyring === undefined) {
    throw new Error("no Debian archive keys: install the package debian-archive-keyring");
  }
  const { main, security } = await findMirrors();
  const line = (uri: string, suite: string): string =>
    `deb [arch=amd64 target=Packages signed-by=${keyring}] ${uri} ${suite} main\n`;
  mkdirSync(join(state.directory, "lists", "partial"), { recursive: true });
  const sources = [line(main, origin.suite)];
  if (security !== undefined && origin.securitySuite !== undefined) {
    sources.push(line(security, origin.securitySuite));
  }
  writeFileSync(join(state.directory, "sources.list"), sources.join(""));
  expectSuccess(await apt(state, "apt-get", ["update", "--error-on=any"]), "apt-get update");
}

interface Mirrors {
  readonly main: string;
  readonly security?: string;
}

/** Debian's mirrors in the machine's package sources: any suite of a mirror tells where the others are. */
async function findMirrors(): Promise<Mirrors> {
  const named = process.env[MIRROR_VARIABLE];
  if (named !== undefined && named !== "") {
    return { main: named };
  }
  const listing = await runProgram("apt-get", [
    "indextargets",
    "--no-release-info",
    "--format",
    "$(REPO_URI) $(RELEASE) $(COMPONENT)",
    "Created-By: Packages",
  ]);
  const rows = listing.stdout
    .toString("utf8")
    .split("\n")
    .map((row) => row.split(" "))
    .filter(([, , component]) => component === "main");
  const suite = debianCodename();
  const uriOf = (release: string): string | undefined => rows.find((row) => row[1] === release)?.[0];
  const main =
    suite === undefined ? undefined : [suite, ...SUITE_ALIASES].map(uriOf).find((uri) => uri !== undefined);
  if (main === undefined) {
    throw new Error(
      `this machine's package sources have no Debian mirror: name one in ${MIRROR_VARIABLE} (its URL)`,
    );
  }
  const security = uriOf(`${suite ?? ""}-security`);
  return { main, ...(security === undefined ? {} : { security }) };
}

/** The machine's own suite, when it runs Debian. */
function debianCodename(): string | undefined {
  if (!existsSync("/etc/os-release")) {
    return undefined;
  }
  const text = readFileSync("/etc/os-release", "utf8");
  const field = (name: string): string | undefined =>
    new RegExp(`^${name}="?([^"\\n]*)"?$`, "m").exec(text)?.[1];
  return field("ID") === "debian" ? (field("VERSION_CODENAME") ?? "sid") : undefined;
}

/**
 * The packages of the newest build of a kernel. Newer kernels are split over several packages whose names
 * hold the exact version, so follow the dependencies of the meta package.
 */
async function kernelPackages(state: AptState, origin: KernelOrigin): Promise<readonly string[]> {
  const found = new Set<string>();
  const pending = [META_PACKAGE];
  for (let name = pending.pop(); name !== undefined; name = pending.pop()) {
    const shown = expectSuccess(
      await apt(state, "apt-cache", ["show", "--no-all-versions", name]),
      "apt-cache show",
    );
    const depends = /^Depends: (.*)$/m.exec(shown.stdout.toString("utf8"))?.[1] ?? "";
    for (const match of depends.matchAll(/(?:^|[,|] )(linux-(?:image|binary|modules|base)-\d[^ ,]*)/g)) {
      const dependency = match[1];
      if (dependency !== undefined && !found.has(dependency)) {
        found.add(dependency);
        pending.push(dependency);
      }
    }
  }
  const packages = [...found];
  if (!packages.some((name) => name.includes(`-${origin.name}.`))) {
    throw new Error(
      `suite ${origin.suite} has no kernel ${origin.name} any more: it has ${packages.join(", ")}`,
    );
  }
  return packages;
}

function apt(state: AptState, program: string, args: readonly string[]): Promise<ProgramResult> {
  const { directory } = state;
  const settings = [
    `Dir::State=${directory}`,
    `Dir::State::lists=${join(directory, "lists")}`,
    "Dir::State::status=/dev/null",
    `Dir::Cache=${directory}`,
    `Dir::Etc::sourcelist=${join(directory, "sources.list")}`,
    "Dir::Etc::sourceparts=/dev/null",
    "Dir::Etc::preferences=/dev/null",
    "Dir::Etc::preferencesparts=/dev/null",
    "APT::Architecture=amd64",
    // apt as root downloads as a user of its own, who may not enter the cache directory.
    "APT::Sandbox::User=root",
    "Acquire::Languages=none",
    "Acquire::Retries=3",
  ];
  const options = settings.flatMap((setting) => ["-o", setting]);
  return runProgram(program, [...options, ...args], {
    cwd: directory,
    environment: { ...process.env, LC_ALL: "C" },
  });
}

function expectSuccess(result: ProgramResult, what: string): ProgramResult {
  if (result.exit !== 0) {
    const reasons = result.stderr.split("\n").filter((text) => /^(E|W): /.test(text));
    const reason = reasons.length > 0 ? reasons.join("; ") : result.stderr.trim();
    throw new Error(`${what}: ${reason}`);
  }
  return result;
}
