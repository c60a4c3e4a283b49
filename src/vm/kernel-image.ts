import { gunzipSync } from "node:zlib";
import { LZ4_LEGACY_MAGIC, decompressLz4Legacy } from "./lz4.ts";
import { runProgram } from "./program.ts";

/** Offsets in a bzImage, from the kernel's x86 boot protocol. */
const SETUP_SECTORS = 0x1f1;
const HEADER_MAGIC = 0x202;
const PAYLOAD_OFFSET = 0x248;
const PAYLOAD_LENGTH = 0x24c;
const SECTOR_BYTES = 512;
const DEFAULT_SETUP_SECTORS = 4;

const ELF_MAGIC = 0x464c457f;
const XZ_MAGIC = 0x587a37fd;
const ZSTD_MAGIC = 0xfd2fb528;
const GZIP_MAGIC = 0x8b1f;

/**
 * The ELF image inside a compressed kernel. QEMU boots it through its PVH entry, which saves the guest the
 * decompression: seconds under emulation. Throws when the image is of a form that is not known here.
 */
export async function extractKernelElf(bzImage: Buffer): Promise<Buffer> {
  if (bzImage.toString("latin1", HEADER_MAGIC, HEADER_MAGIC + 4) !== "HdrS") {
    throw new Error("not an x86 kernel image");
  }
  const setupSectors = bzImage[SETUP_SECTORS] === 0 ? DEFAULT_SETUP_SECTORS : (bzImage[SETUP_SECTORS] ?? 0);
  const start = (setupSectors + 1) * SECTOR_BYTES + bzImage.readUInt32LE(PAYLOAD_OFFSET);
  const payload = bzImage.subarray(start, start + bzImage.readUInt32LE(PAYLOAD_LENGTH));
  const elf = await decompressPayload(payload);
  if (elf.length < 4 || elf.readUInt32LE(0) !== ELF_MAGIC) {
    throw new Error("the kernel image holds no ELF file");
  }
  return elf;
}

async function decompressPayload(payload: Buffer): Promise<Buffer> {
  const magic = payload.readUInt32LE(0);
  if (magic === LZ4_LEGACY_MAGIC) {
    // The build appends the decompressed size to the payload.
    return decompressLz4Legacy(payload, payload.readUInt32LE(payload.length - 4));
  }
  if (magic === XZ_MAGIC) {
    return decompressWith("xz", ["--decompress", "--stdout", "--single-stream"], payload);
  }
  if (magic === ZSTD_MAGIC) {
    return decompressWith("zstd", ["--decompress", "--stdout", "--quiet"], payload);
  }
  if ((magic & 0xffff) === GZIP_MAGIC) {
    return gunzipSync(payload.subarray(0, -4));
  }
  throw new Error(`kernel image compressed in an unknown way (magic ${magic.toString(16)})`);
}

/** Runs a decompressor. It may complain about the size that follows the stream: what counts is the output. */
async function decompressWith(program: string, args: readonly string[], input: Buffer): Promise<Buffer> {
  const { stdout, stderr } = await runProgram(program, args, { input });
  if (stdout.length === 0) {
    throw new Error(`${program}: ${stderr.trim()}`);
  }
  return stdout;
}

/** A kernel module as the kernel loads it: Debian compresses them from trixie on. */
export async function decompressModule(name: string, content: Buffer): Promise<Buffer> {
  if (name.endsWith(".xz")) {
    return decompressWith("xz", ["--decompress", "--stdout"], content);
  }
  if (name.endsWith(".zst")) {
    return decompressWith("zstd", ["--decompress", "--stdout", "--quiet"], content);
  }
  return content;
}
