/**
 * A print of a file, to know it again when it is picked the next day: its name, its size, and what its first and last
 * MiB hold. No secret hangs on it and nothing is decided by it but which bytes to go on with (the server's SHA-256 is of
 * the whole file), so it needs no cryptography, which browsers have on https only.
 */
const END_BYTES = 1 << 20;

export interface Content {
  readonly name: string;
  readonly size: number;
  readonly type: string;
  slice(from: number, to: number): { arrayBuffer(): Promise<ArrayBuffer> };
}

/** 53 bits of each seed (cyrb53 by its idea: two 32-bit multiplicative hashes, mixed at the end). */
function hash53(bytes: Uint8Array, seed: number): string {
  let a = 0xdeadbeef ^ seed;
  let b = 0x41c6ce57 ^ seed;
  for (const byte of bytes) {
    a = Math.imul(a ^ byte, 2654435761);
    b = Math.imul(b ^ byte, 1597334677);
  }
  a = Math.imul(a ^ (a >>> 16), 2246822507) ^ Math.imul(b ^ (b >>> 13), 3266489909);
  b = Math.imul(b ^ (b >>> 16), 2246822507) ^ Math.imul(a ^ (a >>> 13), 3266489909);
  return (4294967296 * (2097151 & b) + (a >>> 0)).toString(36);
}

export async function markOf(file: Content): Promise<string> {
  const head = await file.slice(0, END_BYTES).arrayBuffer();
  const tail = await file.slice(Math.max(0, file.size - END_BYTES), file.size).arrayBuffer();
  const name = new TextEncoder().encode(`${file.name}\n${file.size}\n`);
  const all = new Uint8Array(name.length + head.byteLength + tail.byteLength);
  all.set(name, 0);
  all.set(new Uint8Array(head), name.length);
  all.set(new Uint8Array(tail), name.length + head.byteLength);
  return `m1-${hash53(all, 1)}-${hash53(all, 2)}`;
}
