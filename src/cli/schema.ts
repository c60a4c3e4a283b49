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
  const schema = await schemaOf(language);
  if (schema === undefined) {
    complain(`the language \`${language}\` has no schema yet`);
    return EXIT_USAGE;
  }
  process.stdout.write(`${JSON.stringify(schema, undefined, 2)}\n`);
  return EXIT_FINE;
}

async function schemaOf(language: string): Promise<unknown> {
  switch (language) {
    case "tetragon":
      return (await import("../parser/tetragon/schema.ts")).tetragonSchema;
    case "kubearmor":
      return (await import("../parser/kubearmor/schema.ts")).kubearmorSchema;
    default:
      return undefined;
  }
}
