/** Options that several commands have, and how their texts are read. */
import { readFileSync } from "node:fs";
import { type Command, InvalidArgumentError, Option } from "commander";
import { isPostureSection, type Postures, standardPostures } from "../parser/kubearmor/posture.ts";
import type { Language } from "../parser/parse.ts";

export type OutputFormat = "text" | "json" | "sarif" | "github";
export type ColorChoice = "auto" | "always" | "never";

export interface CommonOptions {
  readonly set?: ReadonlyMap<string, string>;
  readonly setFile?: ReadonlyMap<string, string>;
  readonly target?: readonly string[];
  readonly format: OutputFormat;
  readonly quiet: boolean;
  readonly color: ColorChoice;
  readonly language?: Language;
  readonly posture: Postures;
  readonly compat?: "tetragon";
}

/** Adds the options that every command with inputs has. */
export function addCommonOptions(command: Command): Command {
  return command
    .option("--set <NAME=VALUE>", "value of a parameter or of ${NAME} in YAML (repeatable)", readSetting)
    .option("--set-file <NAME=FILE>", "the same, with the content of a file (repeatable)", readFileSetting)
    .option(
      "--target <kernels>",
      "kernels to check against: 5.10, 6.1, 6.12, 7.2, host or a BTF file",
      readList,
    )
    .addOption(
      new Option("--format <format>", "how findings are printed")
        .choices(["text", "json", "sarif", "github"])
        .default("text"),
    )
    .option("--quiet", "print errors only", false)
    .addOption(
      new Option("--color <when>", "colour the output").choices(["auto", "always", "never"]).default("auto"),
    )
    .addOption(
      new Option("--language <language>", "language of standard input").choices([
        "policy",
        "tetragon",
        "kubearmor",
        "falco",
      ]),
    )
    .addOption(
      new Option("--compat <engine>", "read policies as this engine does, not as it is documented").choices([
        "tetragon",
      ]),
    )
    .option(
      "--posture <SECTION=POSTURE>",
      "what KubeArmor's allow lists do with the rest: file=block, network=audit, … (repeatable)",
      readPosture,
      standardPostures,
    );
}

function readPosture(text: string, previous: Postures): Postures {
  const [section = "", posture] = text.split("=");
  if (!isPostureSection(section) || (posture !== "audit" && posture !== "block")) {
    throw new InvalidArgumentError("Write file, network or capabilities, `=`, and audit or block.");
  }
  return { ...previous, [section]: posture };
}

/** Whether a stream gets colour. `terminal`: whether it is one; Node leaves the property out where it is none. */
export function wantsColor(color: ColorChoice, terminal: boolean | undefined): boolean {
  return (
    color === "always" || (color === "auto" && terminal === true && process.env["NO_COLOR"] === undefined)
  );
}

/** All parameters of a command line. */
export function parametersOf(options: Pick<CommonOptions, "set" | "setFile">): ReadonlyMap<string, string> {
  return new Map([...(options.setFile ?? []), ...(options.set ?? [])]);
}

/** Reads `NAME=VALUE` texts. */
export function readSetting(
  text: string,
  previous: ReadonlyMap<string, string> = new Map(),
): ReadonlyMap<string, string> {
  const { name, value } = splitSetting(text);
  return new Map([...previous, [name, value]]);
}

function readFileSetting(
  text: string,
  previous: ReadonlyMap<string, string> = new Map(),
): ReadonlyMap<string, string> {
  const { name, value } = splitSetting(text);
  try {
    return new Map([...previous, [name, readFileSync(value, "utf8").replace(/\r?\n$/, "")]]);
  } catch {
    throw new InvalidArgumentError(`The file ${value} cannot be read.`);
  }
}

function splitSetting(text: string): { readonly name: string; readonly value: string } {
  const split = text.indexOf("=");
  const name = text.slice(0, Math.max(split, 0));
  if (split < 1 || !/^[A-Za-z_][A-Za-z0-9_.-]*$/.test(name)) {
    throw new InvalidArgumentError("Write NAME=VALUE, for example --set PODCIDR=10.0.0.0/8.");
  }
  return { name, value: text.slice(split + 1) };
}

function readList(text: string): readonly string[] {
  return text
    .split(",")
    .map((word) => word.trim())
    .filter((word) => word !== "");
}
