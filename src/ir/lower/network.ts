/** Addresses and CIDRs as people write them, to networks of 128 bits. */
import type { Network } from "../ir.ts";

const mappedPrefixLength = 96;
const mappedPrefix: readonly number[] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff];

/** A network as written: bits after the prefix are kept, so that the caller can say that they are set. */
export interface ParsedNetwork {
  readonly bytes: readonly number[];
  readonly prefixLength: number;
}

/** Reads `10.0.0.0/8`, `::1`, `::ffff:1.2.3.4`. IPv4 comes out IPv4-mapped. Undefined when malformed. */
export function parseNetwork(text: string): ParsedNetwork | undefined {
  const match = /^([0-9A-Fa-f:.]{2,45})(?:\/(0|[1-9][0-9]{0,2}))?$/.exec(text);
  const address = match?.[1];
  if (match === null || address === undefined) {
    return undefined;
  }
  const isIpv6 = address.includes(":");
  const bytes = isIpv6 ? parseIpv6(address) : parseIpv4(address);
  const width = isIpv6 ? 128 : 32;
  const length = match[2] === undefined ? width : Number(match[2]);
  if (bytes === undefined || length > width) {
    return undefined;
  }
  return isIpv6
    ? { bytes, prefixLength: length }
    : { bytes: [...mappedPrefix, ...bytes], prefixLength: length + mappedPrefixLength };
}

function parseIpv4(text: string): readonly number[] | undefined {
  const parts = text.split(".");
  // A leading zero means octal to some programs and nothing to others: refuse it.
  if (parts.length !== 4 || !parts.every((part) => /^(0|[1-9][0-9]{0,2})$/.test(part))) {
    return undefined;
  }
  const bytes = parts.map(Number);
  return bytes.every((byte) => byte <= 255) ? bytes : undefined;
}

function parseIpv6(text: string): readonly number[] | undefined {
  const halves = text.split("::");
  if (halves.length > 2) {
    return undefined;
  }
  const [head, tail] = halves.map((half, index) => parseGroups(half, index === halves.length - 1));
  if (head === undefined) {
    return undefined;
  }
  if (halves.length === 1) {
    return head.length === 16 ? head : undefined;
  }
  // `::` stands for at least one group of zeros.
  if (tail === undefined || head.length + tail.length > 14) {
    return undefined;
  }
  return [...head, ...Array.from({ length: 16 - head.length - tail.length }, () => 0), ...tail];
}

/** Colon-separated groups; the last of the address may be four decimal bytes. */
function parseGroups(text: string, isLastHalf: boolean): readonly number[] | undefined {
  if (text === "") {
    return [];
  }
  const bytes: number[] = [];
  const groups = text.split(":");
  for (const [index, group] of groups.entries()) {
    if (isLastHalf && index === groups.length - 1 && group.includes(".")) {
      const embedded = parseIpv4(group);
      if (embedded === undefined) {
        return undefined;
      }
      bytes.push(...embedded);
    } else if (/^[0-9A-Fa-f]{1,4}$/.test(group)) {
      const value = Number.parseInt(group, 16);
      bytes.push(value >> 8, value & 0xff);
    } else {
      return undefined;
    }
  }
  return bytes;
}

/** Whether bits after the prefix are set: `10.0.0.1/8`. */
export function hasHostBits(network: ParsedNetwork): boolean {
  return network.bytes.some((byte, index) => byte !== (byte & prefixMask(network.prefixLength, index)));
}

function prefixMask(prefixLength: number, byteIndex: number): number {
  const bits = Math.max(0, Math.min(8, prefixLength - byteIndex * 8));
  return (0xff << (8 - bits)) & 0xff;
}

/**
 * The networks that a written one stands for. An IPv6 network does not hold IPv4 addresses, though their
 * mapped form lies inside `::/0`: such a network becomes the up to 96 networks around the mapped one.
 */
export function networksFor(parsed: ParsedNetwork, text: string): readonly Network[] {
  const { prefixLength } = parsed;
  const bytes = parsed.bytes.map((byte, index) => byte & prefixMask(prefixLength, index));
  if (prefixLength >= mappedPrefixLength || !holdsMapped(bytes, prefixLength)) {
    return [{ address: Uint8Array.from(bytes), prefixLength, text }];
  }
  const networks: Network[] = [];
  for (let bit = prefixLength; bit < mappedPrefixLength; bit += 1) {
    const address = Uint8Array.from([...mappedPrefix, 0, 0, 0, 0]).map(
      (byte, index) => (byte ^ flippedBit(bit, index)) & prefixMask(bit + 1, index),
    );
    networks.push({ address, prefixLength: bit + 1, text });
  }
  return networks;
}

function flippedBit(bit: number, byteIndex: number): number {
  return bit >> 3 === byteIndex ? 0x80 >> (bit & 7) : 0;
}

function holdsMapped(bytes: readonly number[], prefixLength: number): boolean {
  return mappedPrefix.every((byte, index) => (byte & prefixMask(prefixLength, index)) === bytes[index]);
}

/** Every address, of both families. */
export const anyAddress: Network = { address: new Uint8Array(16), prefixLength: 0, text: "any address" };

/** Sorts networks and leaves out those that another one covers. */
export function minimalNetworks(networks: readonly Network[]): readonly Network[] {
  const sorted = [...networks].sort(
    (a, b) => Buffer.compare(a.address, b.address) || a.prefixLength - b.prefixLength,
  );
  const kept: Network[] = [];
  for (const network of sorted) {
    const last = kept.at(-1);
    if (last === undefined || !covers(last, network)) {
      kept.push(network);
    }
  }
  return kept;
}

function covers(outer: Network, inner: Network): boolean {
  return (
    outer.prefixLength <= inner.prefixLength &&
    inner.address.every(
      (byte, index) => (byte & prefixMask(outer.prefixLength, index)) === outer.address[index],
    )
  );
}
