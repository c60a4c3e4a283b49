/**
 * Where in a text in double quotes, with escapes after backslashes, each UTF-16 unit of what it stands for is written,
 * and where the last one ends. Undefined where `quoted` is not how `value` is written.
 */
export function quotedOffsets(quoted: string, value: string): readonly number[] | undefined {
  if (!quoted.startsWith('"')) {
    return undefined;
  }
  const offsets: number[] = [];
  let at = 1;
  while (at < quoted.length - 1) {
    const escape = /^\\(?:u\{([0-9a-fA-F]{1,6})\}|.)/su.exec(quoted.slice(at, at + 12));
    const isWide = Number.parseInt(escape?.[1] ?? "0", 16) > 0xffff;
    offsets.push(...(isWide ? [at, at] : [at]));
    at += escape?.[0].length ?? 1;
  }
  return offsets.length === value.length ? [...offsets, at] : undefined;
}
