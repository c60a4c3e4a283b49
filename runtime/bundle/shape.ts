/** Checks of parsed JSON that came from outside. The first thing wrong is thrown as a `ShapeFault`. */

/** Says where in the document what was found wrong. */
export class ShapeFault extends Error {}

/** A value and the place it stands at: `manifest.rules[3].policy`. */
export interface Placed {
  readonly value: unknown;
  readonly place: string;
}

export function fault(at: Placed, expected: string): never {
  throw new ShapeFault(`${at.place} is not ${expected}`);
}

export function field(at: Placed, name: string): Placed {
  const { value } = at;
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return fault(at, "an object");
  }
  const found: unknown = Object.hasOwn(value, name) ? Reflect.get(value, name) : undefined;
  return { value: found, place: `${at.place}.${name}` };
}

export function text(at: Placed, longest = 4096): string {
  return typeof at.value === "string" && at.value.length <= longest
    ? at.value
    : fault(at, `a text of at most ${longest} characters`);
}

export function truth(at: Placed): boolean {
  return typeof at.value === "boolean" ? at.value : fault(at, "true or false");
}

export function integer(at: Placed, least: number, most: number): number {
  return typeof at.value === "number" && Number.isInteger(at.value) && at.value >= least && at.value <= most
    ? at.value
    : fault(at, `an integer from ${least} to ${most}`);
}

export function oneOf<T extends string | number>(at: Placed, allowed: readonly T[]): T {
  return allowed.find((one) => one === at.value) ?? fault(at, `one of ${allowed.join(", ")}`);
}

export function list<T>(at: Placed, most: number, element: (at: Placed) => T): readonly T[] {
  const { value } = at;
  if (!Array.isArray(value) || value.length > most) {
    return fault(at, `a list of at most ${most}`);
  }
  return value.map((one: unknown, index) => element({ value: one, place: `${at.place}[${index}]` }));
}

export function texts(at: Placed, most: number): readonly string[] {
  return list(at, most, text);
}

/** An object whose every value has the same shape. */
export function record<T>(at: Placed, element: (at: Placed) => T): Readonly<Record<string, T>> {
  const { value } = at;
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return fault(at, "an object");
  }
  return Object.fromEntries(
    Object.entries(value).map(([name, one]: [string, unknown]) => [
      name,
      element({ value: one, place: `${at.place}.${name}` }),
    ]),
  );
}

/** `{}` without the field when it is absent, for objects with exact optional fields. */
export function optional<K extends string, T>(
  at: Placed,
  name: K,
  read: (at: Placed) => T,
): Partial<Readonly<Record<K, T>>> {
  const found = field(at, name);
  const result: Partial<Record<K, T>> = {};
  if (found.value !== undefined) {
    result[name] = read(found);
  }
  return result;
}
