/** Stops on a state that only a bug in policyc can produce. A user's fault is a diagnostic, never this. */
export function invariant(condition: boolean, message: string): asserts condition {
  if (!condition) {
    throw new Error(`policyc bug: ${message}`);
  }
}

/** Marks a branch that the types prove impossible. */
export function unreachable(value: never): never {
  throw new Error(`policyc bug: unexpected ${JSON.stringify(value)}`);
}

/** The element at an index that is in range by construction. */
export function elementAt<T>(array: readonly T[], index: number): T {
  const element = array[index];
  invariant(element !== undefined, `index ${index} out of range of ${array.length}`);
  return element;
}
