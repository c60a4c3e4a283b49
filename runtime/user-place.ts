/** Attaches programs to places of ELF files: they are looked up on the node, when the bundle is loaded. */
import { type ElfFile, ElfFault, offsetOfAddress, offsetOfSymbol, withElf } from "./elf.ts";
import { type Pointer, attachUser, lastErrno, linkDestroy, mapFd } from "./libbpf.ts";
import { type Manifest, type ManifestStaticPoint, type ManifestUserPlace, STATIC_ROWS } from "./manifest.ts";
import { STATIC_ROWS_PER_HOOK } from "./manifest.ts";
import { errnoName, writeElement } from "./maps.ts";
import { rowOf, staticPoints } from "./static-points.ts";

/** What became of attaching: a place that a compiler has made several of takes several links. */
export type Attached =
  | { readonly kind: "attached"; readonly links: readonly Pointer[] }
  /** The file, or the place in it, is not there or not as the program needs it. */
  | { readonly kind: "missing"; readonly reason: string }
  | { readonly kind: "refused"; readonly reason: string };

/** Where to attach, in the file. */
interface Spot {
  readonly offset: number;
  readonly counter: number | undefined;
  /** What the program is told of the place. */
  readonly cookie: number;
}

/** Attaches a program of a loaded object. */
export function attachToPlace(object: Pointer, program: Pointer, place: ManifestUserPlace): Attached {
  let spots: readonly Spot[];
  try {
    spots = withElf(place.path, (file) => findSpots(object, file, place));
  } catch (thrown) {
    if (thrown instanceof ElfFault) {
      return { kind: "missing", reason: thrown.message };
    }
    throw thrown;
  }
  const links: Pointer[] = [];
  for (const { offset, counter, cookie } of spots) {
    const { path, atReturn } = place;
    const link = attachUser(program, { path, offset, counter: counter ?? 0, cookie, atReturn });
    if (link === null) {
      const reason = errnoName(-lastErrno());
      links.forEach(linkDestroy);
      return { kind: "refused", reason };
    }
    links.push(link);
  }
  return { kind: "attached", links };
}

function findSpots(object: Pointer, file: ElfFile, place: ManifestUserPlace): readonly Spot[] {
  const { symbol, address, offset = 0, counter, point } = place;
  if (point !== undefined) {
    return findStaticSpots(object, file, point);
  }
  const found =
    symbol !== undefined
      ? offsetOfSymbol(file, symbol) + offset
      : address === undefined
        ? offset
        : offsetOfAddress(file, address);
  return [{ offset: found, counter, cookie: 0 }];
}

/** Every place of a static point, and a row for each way in which they have their arguments. */
function findStaticSpots(object: Pointer, file: ElfFile, point: ManifestStaticPoint): readonly Spot[] {
  const rows: string[] = [];
  const fault = (reason: string): never => {
    throw new ElfFault(`\`${point.provider}:${point.name}\` of ${file.path} ${reason}`);
  };
  const spots = staticPoints(file, point.provider, point.name).map(({ operands, offset, counter }): Spot => {
    const row = rowOf(operands, point.arguments);
    const content = typeof row === "string" ? fault(row) : row.toString("hex");
    if (!rows.includes(content)) {
      rows.push(content);
    }
    return { offset, counter, cookie: point.cookie ? point.firstRow + rows.indexOf(content) : 0 };
  });
  if (rows.length > (point.cookie ? STATIC_ROWS_PER_HOOK : 1)) {
    const most = point.cookie ? String(STATIC_ROWS_PER_HOOK) : "one, on this kernel";
    fault(`has its arguments in ${rows.length} ways: at most ${most}`);
  }
  const map = mapFd(object, STATIC_ROWS);
  if (!rows.every((row, index) => writeElement(map, point.firstRow + index, Buffer.from(row, "hex")))) {
    fault("has no room in the map of arguments");
  }
  return spots;
}

/** The line of the policy whose rule a program is for: `shell.yaml:7`. */
export function lineOfProgram({ programs, rules }: Manifest, name: string): string | undefined {
  const hook = programs.find((program) => program.name === name)?.hook;
  const rule = hook === undefined ? undefined : rules.find((each) => each.hook === hook);
  return rule === undefined ? undefined : `${rule.file}:${rule.line}`;
}
