/** Texts of internet addresses. */
import { AF_INET } from "./names.ts";

/**
 * The text of a 16-byte address; IPv4 addresses are held as `::ffff:a.b.c.d` and shown dotted when the
 * socket is of that family.
 */
export function addressText(family: number, bytes: Uint8Array): string {
  const mapped =
    bytes.subarray(0, 10).every((byte) => byte === 0) && bytes[10] === 0xff && bytes[11] === 0xff;
  const dotted = bytes.subarray(12, 16).join(".");
  if (family === AF_INET) {
    return dotted;
  }
  return mapped ? `::ffff:${dotted}` : ipv6Text(bytes);
}

/** `1.2.3.4:80`, `[::1]:80` */
export function endpointText(address: string, port: number): string {
  return address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`;
}

function ipv6Text(bytes: Uint8Array): string {
  const groups = Array.from({ length: 8 }, (_, index) =>
    (((bytes[index * 2] ?? 0) << 8) | (bytes[index * 2 + 1] ?? 0)).toString(16),
  );
  const run = longestZeroRun(groups);
  if (run.length < 2) {
    return groups.join(":");
  }
  return `${groups.slice(0, run.start).join(":")}::${groups.slice(run.start + run.length).join(":")}`;
}

function longestZeroRun(groups: readonly string[]): { readonly start: number; readonly length: number } {
  let best = { start: 0, length: 0 };
  let start = 0;
  groups.forEach((group, index) => {
    if (group !== "0") {
      start = index + 1;
    } else if (index + 1 - start > best.length) {
      best = { start, length: index + 1 - start };
    }
  });
  return best;
}
