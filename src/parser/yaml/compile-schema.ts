import { Ajv } from "ajv";
import type { JsonSchema } from "./json-schema.ts";

/** One fault that a schema finds, as the validator reports it. */
export interface SchemaFault {
  readonly keyword: string;
  /** JSON pointer to the value in the document. */
  readonly instancePath: string;
  readonly params: Readonly<Record<string, unknown>>;
}

export type SchemaValidator = (value: unknown) => readonly SchemaFault[];

/**
 * A validator that reports every fault of a value. Compiling takes longer than validating: the build puts
 * ready-made code in place of the modules that call this (`scripts/standalone-validators.mjs`).
 */
export function compileSchema(schema: JsonSchema): SchemaValidator {
  const ajv = new Ajv({
    allErrors: true,
    allowUnionTypes: true,
    strict: true,
    inlineRefs: false,
    messages: false,
  });
  const validate = ajv.compile(schema);
  return (value) => (validate(value) ? [] : (validate.errors ?? []));
}
