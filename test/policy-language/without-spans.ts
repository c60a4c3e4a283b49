/** A tree without its spans: what it says, not where it was said. */
export function withoutSpans(value: unknown): unknown {
  if (Array.isArray(value)) {
    return value.map(withoutSpans);
  }
  if (typeof value === "object" && value !== null) {
    return Object.fromEntries(
      Object.entries(value)
        .filter(([key]) => key !== "span" && key !== "operatorSpan")
        .map(([key, inner]) => [key, withoutSpans(inner)]),
    );
  }
  return value;
}
