/** Attaches programs to places of ELF files: they are looked up on the node, when the bundle is loaded. */
import { type ElfFile, ElfFault, offsetOfAddress, offsetOfSymbol, withElf } from "./elf.ts";
import { type Pointer, attachUser } from "./libbpf.ts";
import type { Manifest, ManifestUserPlace } from "./manifest.ts";

/** The link, null with an errno, or what is wrong with the file. */
export function attachToPlace(program: Pointer, place: ManifestUserPlace): Pointer | string | null {
  let offset: number;
  try {
    offset = withElf(place.path, (file) => offsetOfPlace(file, place));
  } catch (thrown) {
    if (thrown instanceof ElfFault) {
      return thrown.message;
    }
    throw thrown;
  }
  return attachUser(program, { ...place, offset });
}

function offsetOfPlace(file: ElfFile, { symbol, address, offset = 0 }: ManifestUserPlace): number {
  if (symbol !== undefined) {
    return offsetOfSymbol(file, symbol) + offset;
  }
  return address === undefined ? offset : offsetOfAddress(file, address);
}

/** The line of the policy whose rule a program is for: `shell.yaml:7`. */
export function lineOfProgram({ programs, rules }: Manifest, name: string): string | undefined {
  const hook = programs.find((program) => program.name === name)?.hook;
  const rule = hook === undefined ? undefined : rules.find((each) => each.hook === hook);
  return rule === undefined ? undefined : `${rule.file}:${rule.line}`;
}
