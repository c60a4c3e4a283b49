/** The command line of policyc-runtime. */
import { Argument, Command, CommanderError, Option } from "commander";
import { renderFailure, thrownMessage } from "./failure.ts";
import type { Result } from "./failure.ts";
import type { OutputFormat } from "./stream.ts";
import type { Throttling } from "./throttling.ts";
import type { WorkloadFlags } from "./workloads/options.ts";

/** The one in package.json. */
const VERSION = "0.1.0";
const USAGE_FAULT = 2;
const ENVIRONMENT_FAULT = 3;

interface OutputFlags {
  readonly output: OutputFormat;
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
    .choices(["compact", "json", "kubearmor"])
    .default("compact");
}

function colorOption(): Option {
  return new Option("--color <when>", "colour of what is for people")
    .choices(["auto", "always", "never"])
    .default("auto");
}

interface RequestFlags {
  readonly allowRequests?: true;
}

/** Options of commands that print events: who workloads are, and what rules may ask for. */
function addWorkloadOptions(command: Command): Command {
  return command
    .option("--workloads <path>", "file or UNIX socket that tells workloads as JSON")
    .addOption(
      new Option(
        "--unidentified <what>",
        "containers that nobody has identified: policies for certain ones leave them, or guard them",
      ).choices(["leave", "guard"]),
    )
    .option("--allow-requests", "fetch and resolve what rules ask for: off unless given");
}

function program(): Command {
  const main = new Command("policyc-runtime")
    .description("loads policy bundles into the kernel and reports what they decide")
    .version(VERSION)
    .exitOverride();
  const command = addWorkloadOptions(main.command("run <bundle> <command...>"))
    .description("run a command under a bundle that goes when the command ends")
    .addOption(outputOption())
    .addOption(colorOption())
    .option("--events-file <path>", "write events there instead of to standard error")
    .option("--monitor", "report only, whatever the policies' modes")
    .action(
      async (
        bundle: string,
        command: string[],
        flags: OutputFlags & RunFlags & WorkloadFlags & RequestFlags,
      ) => {
        const throttling = await askedThrottling(flags);
        if (throttling.kind === "failed") {
          finish(throttling);
          return;
        }
        const { run } = await import("./commands/run.ts");
        finish(
          await run(bundle, command, {
            format: flags.output,
            color: wantsColor(flags.color, flags.eventsFile === undefined && process.stderr.isTTY),
            monitor: flags.monitor ?? false,
            throttling: throttling.value,
            eventsFile: flags.eventsFile,
            workloads: flags,
            requests: flags.allowRequests ?? false,
          }),
        );
      },
    );
  addThrottlingOptions(command);
  addLoad(main);
  addEvents(main);
  addState(main);
  return main;
}

function addLoad(main: Command): void {
  const command = addWorkloadOptions(main.command("load <bundle...>"))
    .description("check, load, attach and pin bundles: all of them or none")
    .addOption(outputOption())
    .addOption(colorOption())
    .option("--follow", "stay and print events")
    .option("--monitor", "report only, whatever the policies' modes")
    .option("--replace", "take the place of what is loaded under the same name, without a gap")
    .option("--name <name>", "name to load under (default: the file's)")
    .action(
      async (bundles: string[], flags: OutputFlags & LoadCommandFlags & WorkloadFlags & RequestFlags) => {
        const throttling = await askedThrottling(flags);
        if (throttling.kind === "failed") {
          finish(throttling);
          return;
        }
        const { loadBundles } = await import("./commands/load.ts");
        finish(
          await loadBundles(bundles, {
            format: flags.output,
            color: wantsColor(flags.color, process.stdout.isTTY),
            follow: flags.follow ?? false,
            monitor: flags.monitor ?? false,
            throttling: throttling.value,
            replace: flags.replace ?? false,
            name: flags.name,
            workloads: flags,
            requests: flags.allowRequests ?? false,
          }),
        );
      },
    );
  addThrottlingOptions(command);
}

/** As KubeArmor's users know them. */
function addThrottlingOptions(command: Command): void {
  command
    .option("--config <file>", "YAML file or ConfigMap with these settings")
    .option(
      "--alertThrottling <bool>",
      "limit the alerts of rules that leave that to the node (default: true)",
    )
    .option("--maxAlertPerSec <number>", "alerts a second of each rule and container (default: 10)")
    .option("--throttleSec <seconds>", "how long there are none after a second with more (default: 30)");
}

interface ThrottlingFlags {
  readonly config?: string;
  readonly alertThrottling?: string;
  readonly maxAlertPerSec?: string;
  readonly throttleSec?: string;
}

/** What the options and the file ask for; options win. */
async function askedThrottling(flags: ThrottlingFlags): Promise<Result<Throttling>> {
  const { config, alertThrottling, maxAlertPerSec, throttleSec } = flags;
  const { askThrottling, DEFAULT_THROTTLING } = await import("./throttling.ts");
  const file =
    config === undefined ? undefined : (await import("./configuration.ts")).readThrottlingFile(config);
  if (file?.kind === "failed") {
    return file;
  }
  const asked = {
    ...(alertThrottling === undefined ? {} : { alertThrottling }),
    ...(maxAlertPerSec === undefined ? {} : { maxAlertPerSec }),
    ...(throttleSec === undefined ? {} : { throttleSec }),
  };
  return askThrottling({ ...file?.value, ...asked }, DEFAULT_THROTTLING);
}

function addEvents(main: Command): void {
  addWorkloadOptions(main.command("events"))
    .description("print events of what is loaded, until stopped")
    .addOption(outputOption())
    .addOption(colorOption())
    .option("--policy <name>", "decisions of this policy only")
    .action(async (flags: OutputFlags & WorkloadFlags & RequestFlags & { readonly policy?: string }) => {
      const { followLoaded } = await import("./commands/events.ts");
      const { loadedNames } = await import("./pins.ts");
      finish(
        await followLoaded(loadedNames(), {
          format: flags.output,
          color: wantsColor(flags.color, process.stdout.isTTY),
          policy: flags.policy,
          workloads: flags,
          requests: flags.allowRequests ?? false,
        }),
      );
    });
}

interface JsonFlag {
  readonly json?: true;
}

interface LookFlags extends JsonFlag {
  readonly color: OutputFlags["color"];
}

function look({ json, color }: LookFlags): { readonly json: boolean; readonly color: boolean } {
  return { json: json ?? false, color: wantsColor(color, process.stdout.isTTY) };
}

function addState(main: Command): void {
  main
    .command("list")
    .description("what is loaded")
    .option("--json", "as JSON")
    .addOption(colorOption())
    .action(async (flags: LookFlags) => {
      finish((await import("./commands/status.ts")).list(look(flags)));
    });
  main
    .command("status [name]")
    .description("hits, verdicts, counters and memory")
    .option("--json", "as JSON")
    .addOption(colorOption())
    .action(async (name: string | undefined, flags: LookFlags) => {
      finish((await import("./commands/status.ts")).showStatus(name, look(flags)));
    });
  main
    .command("unload <name>")
    .description("detach and forget")
    .action(async (name: string) => {
      finish((await import("./commands/status.ts")).unloadNamed(name));
    });
  main
    .command("mode")
    .description("let the policies enforce, or only report")
    .argument("<name>")
    .addArgument(new Argument("<mode>").choices(["enforce", "monitor"]))
    .action(async (name: string, mode: "enforce" | "monitor") => {
      finish((await import("./commands/status.ts")).setMode(name, mode));
    });
  const throttle = main
    .command("throttle [name]")
    .description("show or change the alert throttling of what is loaded")
    .action(async (name: string | undefined, flags: ThrottlingFlags) => {
      finish(await (await import("./commands/throttle.ts")).throttle(name, flags));
    });
  addThrottlingOptions(throttle);
  main
    .command("probe [bundle]")
    .description("what this kernel can do, against what a bundle needs")
    .option("--json", "as JSON")
    .action(async (bundle: string | undefined, flags: JsonFlag) => {
      finish((await import("./commands/probe.ts")).probe(bundle, flags.json ?? false));
    });
}

interface LoadCommandFlags extends ThrottlingFlags {
  readonly follow?: true;
  readonly monitor?: true;
  readonly replace?: true;
  readonly name?: string;
}

interface RunFlags extends ThrottlingFlags {
  readonly eventsFile?: string;
  readonly monitor?: true;
}

async function main(): Promise<void> {
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
}

void main();
