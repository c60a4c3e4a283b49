/**
 * A BPF ring buffer, read in place. The kernel's positions are read and ours is written with the
 * ordering that the protocol asks for: `Atomics` gives at least that. Nothing waits on the buffer: the
 * programs may submit without waking anybody, so whoever reads comes back in time.
 */
import { readFileSync } from "node:fs";
import { mapMemory, memoryPageSize } from "./libbpf.ts";

export interface Ring {
  /** Gives copies of the records that are there to `take`; the number of them. */
  readonly drain: (take: (record: Buffer) => void) => number;
}

const HEADER_BYTES = 8;
const BUSY = 0x8000_0000;
const DISCARD = 0x4000_0000;

/** Opens the ring buffer behind a file descriptor; undefined when the kernel refuses. */
export function openRing(fd: number): Ring | undefined {
  const size = Number(/^max_entries:\s*(\d+)/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, "utf8"))?.[1]);
  const page = memoryPageSize();
  // The kernel maps the records twice in a row, so that none is ever split.
  const ours = mapMemory(fd, page, 0, true);
  const theirs = mapMemory(fd, page + 2 * size, page, false);
  if (ours === undefined || theirs === undefined) {
    return undefined;
  }
  const consumer = new BigUint64Array(ours, 0, 1);
  const producer = new BigUint64Array(theirs, 0, 1);
  const words = new Int32Array(theirs, page, (2 * size) / 4);
  const mask = BigInt(size - 1);
  const records = Buffer.from(theirs, page, 2 * size);
  return { drain: (take) => drainRing({ consumer, producer, words, mask, records }, take) };
}

interface Shared {
  readonly consumer: BigUint64Array<ArrayBuffer>;
  readonly producer: BigUint64Array<ArrayBuffer>;
  readonly words: Int32Array<ArrayBuffer>;
  readonly records: Buffer;
  readonly mask: bigint;
}

function drainRing(shared: Shared, take: (record: Buffer) => void): number {
  let taken = 0;
  let position = Atomics.load(shared.consumer, 0);
  while (position < Atomics.load(shared.producer, 0)) {
    const offset = Number(position & shared.mask);
    const word = Atomics.load(shared.words, offset / 4) >>> 0;
    if (word & BUSY) {
      break;
    }
    const length = word & ~(BUSY | DISCARD);
    if (!(word & DISCARD)) {
      const start = offset + HEADER_BYTES;
      take(Buffer.from(shared.records.subarray(start, start + length)));
      taken++;
    }
    position += BigInt(HEADER_BYTES + Math.ceil(length / 8) * 8);
    Atomics.store(shared.consumer, 0, position);
  }
  return taken;
}
