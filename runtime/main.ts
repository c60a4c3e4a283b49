#!/usr/bin/env node
/** The command line of policyc-runtime. */
import { Command, CommanderError, Option } from "commander";
import { renderFailure, thrownMessage } from "./failure.ts";
import type { Result } from "./failure.ts";

const USAGE_FAULT = 2;
const ENVIRONMENT_FAULT = 3;

interface OutputFlags {
  readonly output: "compact" | "json";
  readonly color: "auto" | "always" | "never";
}

/** Prints a failure; the exit code. */
function finish(result: Result<number>): void {
  if (result.kind === "failed") {
    process.stderr.write(renderFailure(result.failure));
    process.exitCode = result.failure.exit;
  } else {
    process.exitCode = result.value;
  }
}

function wantsColor(color: OutputFlags["color"], terminal: boolean): boolean {
  return color === "always" || (color === "auto" && terminal && process.env["NO_COLOR"] === undefined);
}

function outputOption(): Option {
  return new Option("-o, --output <format>", "how events are printed")
    .choices(["compact", "json"])
    .default("compact");
}

function colorOption(): Option {
  return new Option("--color <when>", "colour of compact events")
    .choices(["auto", "always", "never"])
    .default("auto");
}

function program(): Command {
  const main = new Command("policyc-runtime")
    .description("Loads policy bundles into the kernel and reports what they decide")
    .exitOverride()
    .enablePositionalOptions();
  main
    .command("run <bundle> <command...>")
    .description("run a command under a bundle that goes when the command ends")
    .addOption(outputOption())
    .addOption(colorOption())
    .option("--events-file <path>", "write events there instead of to standard error")
    .option("--monitor", "report only, whatever the policies' modes")
    .passThroughOptions()
    .action(async (bundle: string, command: string[], flags: OutputFlags & RunFlags) => {
      const { run } = await import("./commands/run.ts");
      finish(
        await run(bundle, command, {
          format: flags.output,
          color: wantsColor(flags.color, flags.eventsFile === undefined && process.stderr.isTTY),
          monitor: flags.monitor ?? false,
          eventsFile: flags.eventsFile,
        }),
      );
    });
  return main;
}

interface RunFlags {
  readonly eventsFile?: string;
  readonly monitor?: true;
}

try {
  await program().parseAsync();
} catch (thrown) {
  if (thrown instanceof CommanderError) {
    process.exitCode = thrown.exitCode === 0 ? 0 : USAGE_FAULT;
  } else {
    process.stderr.write(`policyc-runtime: ${thrownMessage(thrown)}\n`);
    process.exitCode = ENVIRONMENT_FAULT;
  }
}
