/** The part of JSON Schema (draft 7) that the schemas of the dialects use, and builders for it. */

export type JsonType = "object" | "array" | "string" | "integer" | "number" | "boolean" | "null";

export interface JsonSchema {
  readonly $schema?: string;
  readonly $id?: string;
  readonly $ref?: string;
  readonly title?: string;
  readonly description?: string;
  readonly type?: JsonType | readonly JsonType[];
  readonly default?: string | number | boolean;
  readonly enum?: readonly string[];
  readonly const?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly minItems?: number;
  readonly items?: JsonSchema;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | JsonSchema;
  readonly maxProperties?: number;
  readonly definitions?: Readonly<Record<string, JsonSchema>>;
}

/** A mapping with exactly these keys. */
export function mapping(
  description: string,
  properties: Readonly<Record<string, JsonSchema>>,
  required: readonly string[] = [],
): JsonSchema {
  return { description, type: "object", properties, required, additionalProperties: false };
}

/** The same value or none: dialects treat a key without a value as an absent key. */
export function optional(schema: JsonSchema): JsonSchema {
  return { ...schema, type: ["object", "null"] };
}

/** A mapping from any name to values of one shape. */
export function mappingOf(description: string, values: JsonSchema): JsonSchema {
  return { description, type: ["object", "null"], additionalProperties: values };
}

/** A list; an absent value counts as an empty one. */
export function list(description: string, items: JsonSchema): JsonSchema {
  return { description, type: ["array", "null"], items };
}

export function text(description: string): JsonSchema {
  return { description, type: "string" };
}

export function integer(description: string, minimum: number, maximum: number): JsonSchema {
  return { description, type: "integer", minimum, maximum };
}

export function flag(description: string, standard = false): JsonSchema {
  return { description, type: "boolean", default: standard };
}

export function oneOf(description: string, words: readonly string[]): JsonSchema {
  return { description, type: "string", enum: words };
}

export function reference(name: string): JsonSchema {
  return { $ref: `#/definitions/${name}` };
}
