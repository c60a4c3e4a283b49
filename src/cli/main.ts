/** The command line. Only the command that is asked for is loaded, so that starting stays cheap. */
import { Command, type CommanderError } from "commander";
import { EXIT_FINE, EXIT_USAGE } from "./exit-codes.ts";
import { version } from "./version.ts";

type Register = (program: Command) => void;

/** Every command, in the order in which the help lists them. */
const commands: ReadonlyMap<string, () => Promise<Register>> = new Map<string, () => Promise<Register>>([
  ["compile", async () => (await import("./compile.ts")).registerCompile],
  ["lint", async () => (await import("./lint.ts")).registerLint],
  ["fmt", async () => (await import("./fmt.ts")).registerFmt],
  ["convert", async () => (await import("./convert.ts")).registerConvert],
  ["explain", async () => (await import("./explain.ts")).registerExplain],
  ["inspect", async () => (await import("./inspect.ts")).registerInspect],
  ["try", loadTry],
  ["schema", async () => (await import("./schema.ts")).registerSchema],
  ["vm", async () => (await import("./vm.ts")).registerVm],
]);

async function loadTry(): Promise<Register> {
  const { registerTry } = await import("./try.ts");
  return (program) => {
    registerTry(program, async (inputs, options) =>
      (await import("./compile.ts")).compileForTrial(inputs, options),
    );
  };
}

async function main(): Promise<void> {
  const program = new Command("policyc")
    .description("compiles runtime-security policies into specialised eBPF programs")
    .version(version)
    .showSuggestionAfterError()
    .showHelpAfterError("(policyc COMMAND --help says what a command takes)")
    .exitOverride(leave);
  const wanted = commands.get(process.argv[2] ?? "");
  for (const load of wanted === undefined ? commands.values() : [wanted]) {
    (await load())(program);
  }
  for (const command of program.commands) {
    command.copyInheritedSettings(program);
  }
  await program.parseAsync();
}

/** Help and the version are fine; anything else that commander stops at is wrong usage. */
function leave(error: CommanderError): never {
  process.exit(error.exitCode === 0 ? EXIT_FINE : EXIT_USAGE);
}

// A reader that closes the pipe early (`| head`) is no fault.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") {
    process.exit();
  }
  throw error;
});

void main();
