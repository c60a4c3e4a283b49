import type { SchemaFault } from "../yaml/compile-schema.ts";
import { compileSchema } from "../yaml/compile-schema.ts";
import { kubearmorSchema } from "./schema.ts";

/** Everything in a document that the schema does not allow. The build replaces this module by ready-made code. */
export const validateKubearmor: (value: unknown) => readonly SchemaFault[] = compileSchema(kubearmorSchema);
