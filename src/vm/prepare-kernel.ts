import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { cacheDirectory } from "../bundle/cache.ts";
import { fetchKernelPackages } from "./apt.ts";
import { cachedDirectory } from "./cache.ts";
import { readElfSection } from "../kernel/elf.ts";
import { type KernelName, kernelOrigin } from "./kernel-catalog.ts";
import { extractKernelElf } from "./kernel-image.ts";
import { collectModules } from "./kernel-modules.ts";

/** Raised whenever what is kept of a kernel changes, so that older caches are not used. */
const CACHE_FORMAT = 1;

/** What a guest needs; what they depend on comes along. Absent ones are built into some of the kernels. */
const MODULES = ["virtio_pci", "virtio_console", "9pnet_virtio", "9p", "overlay", "dummy"] as const;

/** A kernel that can be booted, as files in the cache. */
export interface PreparedKernel {
  readonly name: KernelName;
  /** `6.1.0-56-amd64`, what `uname -r` says. */
  readonly release: string;
  /** Uncompressed kernel image. */
  readonly elf: string;
  /** The kernel's type information, raw BTF. */
  readonly btf: string;
  readonly modulesDirectory: string;
}

/** Told what takes long, in a few words. */
export type Progress = (activity: string) => void;

/**
 * Makes a kernel ready to boot. The first time this downloads about 70 MB of packages; later it only looks
 * into the cache. Throws with a reason for people when the kernel can't be had.
 */
export async function prepareKernel(name: KernelName, progress: Progress): Promise<PreparedKernel> {
  const path = join(cacheDirectory(), "kernels", `${name}-v${CACHE_FORMAT}`);
  const directory = await cachedDirectory(path, (target) => fillKernel(name, target, progress));
  return {
    name,
    release: readFileSync(join(directory, "release"), "utf8").trim(),
    elf: join(directory, "vmlinux"),
    btf: join(directory, "vmlinux.btf"),
    modulesDirectory: join(directory, "modules"),
  };
}

async function fillKernel(name: KernelName, target: string, progress: Progress): Promise<void> {
  const unpacked = mkdtempSync(join(target, "unpacked-"));
  progress(`downloading kernel ${name}`);
  await fetchKernelPackages(kernelOrigin(name), unpacked);
  progress(`unpacking kernel ${name}`);
  const tree = findModuleTree(unpacked);
  const image = [join(unpacked, "boot", `vmlinuz-${tree.release}`), join(tree.path, "vmlinuz")].find((path) =>
    existsSync(path),
  );
  if (image === undefined) {
    throw new Error(`the packages of kernel ${name} hold no vmlinuz`);
  }
  const elf = await extractKernelElf(readFileSync(image));
  const btf = readElfSection(elf, ".BTF");
  if (btf === undefined) {
    throw new Error(`kernel ${tree.release} has no BTF type information`);
  }
  const modules = await collectModules(tree.path, MODULES);
  mkdirSync(join(target, "modules"));
  for (const [index, module] of modules.entries()) {
    const position = String(index).padStart(2, "0");
    writeFileSync(join(target, "modules", `${position}-${module.name}.ko`), module.content);
  }
  writeFileSync(join(target, "vmlinux"), elf);
  writeFileSync(join(target, "vmlinux.btf"), btf);
  writeFileSync(join(target, "release"), `${tree.release}\n`);
  rmSync(unpacked, { recursive: true, force: true });
}

/** Where a kernel package keeps its modules: the directory's name is the release. */
function findModuleTree(unpacked: string): { readonly path: string; readonly release: string } {
  for (const parent of ["usr/lib/modules", "lib/modules"].map((path) => join(unpacked, path))) {
    const release = existsSync(parent) ? readdirSync(parent)[0] : undefined;
    if (release !== undefined) {
      return { path: join(parent, release), release };
    }
  }
  throw new Error("the kernel packages hold no modules");
}
