/** Magic number of the legacy LZ4 frame, which Linux uses for its compressed image. */
export const LZ4_LEGACY_MAGIC = 0x184c2102;

const FRAME_HEADER_BYTES = 4;
/** Every block but the last holds this much when decompressed. */
const BLOCK_BYTES = 8 * 1024 * 1024;

/** Decompresses a legacy LZ4 frame of at most `size` bytes. Throws on input that is no such frame. */
export function decompressLz4Legacy(input: Buffer, size: number): Buffer {
  if (input.readUInt32LE(0) !== LZ4_LEGACY_MAGIC) {
    throw new Error("not a legacy LZ4 frame");
  }
  const output = Buffer.alloc(size + BLOCK_BYTES);
  let written = 0;
  let position = FRAME_HEADER_BYTES;
  while (position + 4 <= input.length && written < size) {
    const blockBytes = input.readUInt32LE(position);
    position += 4;
    if (blockBytes === 0 || position + blockBytes > input.length) {
      break;
    }
    written = decompressBlock(input.subarray(position, position + blockBytes), output, written);
    position += blockBytes;
  }
  return output.subarray(0, Math.min(written, size));
}

/** Decompresses one block to `output` from offset `start` on; gives the offset after what it wrote. */
function decompressBlock(block: Buffer, output: Buffer, start: number): number {
  let read = 0;
  let write = start;
  const next = (): number => block[read++] ?? 0;
  const extended = (nibble: number): number => {
    let length = nibble;
    let more = nibble === 15;
    while (more) {
      const byte = next();
      length += byte;
      more = byte === 255;
    }
    return length;
  };
  while (read < block.length) {
    const token = next();
    const literals = extended(token >> 4);
    block.copy(output, write, read, read + literals);
    read += literals;
    write += literals;
    if (read >= block.length) {
      break;
    }
    const distance = next() | (next() << 8);
    const length = extended(token & 15) + 4;
    if (distance === 0 || distance > write) {
      throw new Error("broken LZ4 block");
    }
    copyMatch(output, write, distance, length);
    write += length;
  }
  return write;
}

/** A match may overlap what it writes: then it repeats. */
function copyMatch(output: Buffer, write: number, distance: number, length: number): void {
  if (distance >= length) {
    output.copyWithin(write, write - distance, write - distance + length);
    return;
  }
  for (let offset = 0; offset < length; offset++) {
    output[write + offset] = output[write + offset - distance] ?? 0;
  }
}
