/** Stacks of events: addresses to names. Kernel symbols are read once, maps of a process when it reports. */
import { readFileSync } from "node:fs";
import type { Decision, HookRecord } from "./decode.ts";

/** One call, the innermost first. */
export interface StackEntry {
  readonly address: bigint;
  /** From the symbol's beginning, or from the module's where there is no symbol. */
  readonly offset: bigint | undefined;
  readonly symbol: string | undefined;
  readonly module: string | undefined;
}

export interface NamedStacks {
  readonly kernel: readonly StackEntry[] | undefined;
  readonly user: readonly StackEntry[] | undefined;
}

/** Names addresses. */
export interface StackNames {
  readonly of: (record: HookRecord, decision: Decision) => NamedStacks;
}

/** What text files say: tests give others. */
export type ReadText = (path: string) => string | undefined;

function readProc(path: string): string | undefined {
  try {
    return readFileSync(path, "latin1");
  } catch {
    return undefined;
  }
}

/** Reads symbols when the first stack comes, and not before. */
export function createStackNames(read: ReadText = readProc): StackNames {
  let symbols: KernelSymbols | undefined;
  return {
    of: (record, { rule }) => {
      const kernel = rule.stacks?.includes("kernel") === true ? record.stacks.kernel : undefined;
      const user = rule.stacks?.includes("user") === true ? record.stacks.user : undefined;
      // First: the process may end at any time, the kernel's symbols stay.
      const named = user && userEntries(user, read(`/proc/${record.head.tgid}/maps`) ?? "");
      if (kernel !== undefined) {
        symbols ??= readSymbols(read("/proc/kallsyms") ?? "");
      }
      return { kernel: kernel && kernelEntries(kernel, symbols), user: named };
    },
  };
}

interface KernelSymbols {
  /** Ascending. */
  readonly addresses: BigUint64Array;
  readonly names: readonly string[];
}

/** `ffffffff81000000 T _stext`, with `[module]` behind it where it is one's. Hidden addresses are 0 and of no use. */
function readSymbols(text: string): KernelSymbols {
  const found: { readonly address: bigint; readonly name: string }[] = [];
  for (const line of text.split("\n")) {
    const [address = "", type = "", ...name] = line.split(/\s+/);
    if (/^[tTwW]$/.test(type) && !/^0+$/.test(address)) {
      found.push({ address: BigInt(`0x${address}`), name: name.join(" ") });
    }
  }
  found.sort((a, b) => (a.address < b.address ? -1 : a.address > b.address ? 1 : 0));
  return {
    addresses: BigUint64Array.from(found.map(({ address }) => address)),
    names: found.map(({ name }) => name),
  };
}

/** A function is not longer: an address further on is in what has no symbol. */
const LONGEST_FUNCTION = 1n << 20n;

function kernelEntries(
  addresses: readonly bigint[],
  symbols: KernelSymbols | undefined,
): readonly StackEntry[] {
  const entries = addresses.map((address) => kernelEntry(address, symbols));
  // The calls of our own program and of what leads to it come first and say nothing of the event.
  const first = entries.findIndex(({ symbol, module }) => !isOwn(symbol, module));
  return first === -1 ? entries : entries.slice(first);
}

function isOwn(symbol: string | undefined, module: string | undefined): boolean {
  return (
    module === "bpf" ||
    (symbol !== undefined && /^_*bpf_(prog|trampoline|trace_run|get_stack|tramp)/.test(symbol))
  );
}

function kernelEntry(address: bigint, symbols: KernelSymbols | undefined): StackEntry {
  const index = symbols === undefined ? -1 : lastUpTo(symbols.addresses, address);
  const base = symbols?.addresses[index];
  const name = symbols?.names[index];
  if (base === undefined || name === undefined || address - base > LONGEST_FUNCTION) {
    return { address, offset: undefined, symbol: undefined, module: undefined };
  }
  const [symbol = "", module] = name.split(" ");
  return { address, offset: address - base, symbol, module: module?.slice(1, -1) };
}

/** Index of the last element that is not greater; -1 where all are. */
function lastUpTo(sorted: BigUint64Array, value: bigint): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle] ?? 0n) <= value) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low - 1;
}

const MAPPING = /^([0-9a-f]+)-([0-9a-f]+) \S+ ([0-9a-f]+) \S+ \d+\s+(\/.*|\[.*)$/;

/** The file that each address lies in, and where in it. A process that has ended has no maps any more. */
function userEntries(addresses: readonly bigint[], maps: string): readonly StackEntry[] {
  const mappings = maps.split("\n").flatMap((line) => {
    const [, start, end, offset, module] = MAPPING.exec(line) ?? [];
    return start === undefined || end === undefined || offset === undefined
      ? []
      : [{ start: BigInt(`0x${start}`), end: BigInt(`0x${end}`), offset: BigInt(`0x${offset}`), module }];
  });
  return addresses.map((address) => {
    const mapping = mappings.find(({ start, end }) => start <= address && address < end);
    return {
      address,
      offset: mapping && address - mapping.start + mapping.offset,
      symbol: undefined,
      module: mapping?.module,
    };
  });
}
