import { Argument, type Command } from "commander";
import { complain } from "./complain.ts";
import { EXIT_FINE, EXIT_USAGE } from "./exit-codes.ts";

/** Adds `policyc schema`. */
export function registerSchema(program: Command): void {
  program
    .command("schema")
    .description("print the JSON Schema of a language, for editors")
    .addArgument(
      new Argument("<language>", "the language").choices(["tetragon", "kubearmor", "falco", "test"]),
    )
    .action(async (language: string) => {
      process.exitCode = await printSchema(language);
    });
}

async function printSchema(language: string): Promise<number> {
  if (language !== "tetragon") {
    complain(`the language \`${language}\` has no schema yet`);
    return EXIT_USAGE;
  }
  const { tetragonSchema } = await import("../parser/tetragon/schema.ts");
  process.stdout.write(`${JSON.stringify(tetragonSchema, undefined, 2)}\n`);
  return EXIT_FINE;
}
