/**
 * QR codes (ISO/IEC 18004) for short texts: byte mode, error correction M, versions 1 to 10, the mask of least
 * penalty. Pure; null when the text is longer than 213 bytes.
 */

/** Per version 1…10: error words per block, then [blocks, data words] pairs. */
const BLOCKS: readonly (readonly [number, readonly (readonly [number, number])[]])[] = [
  [10, [[1, 16]]],
  [16, [[1, 28]]],
  [26, [[1, 44]]],
  [18, [[2, 32]]],
  [24, [[2, 43]]],
  [16, [[4, 27]]],
  [18, [[4, 31]]],
  [22, [[2, 38], [2, 39]]],
  [22, [[3, 36], [2, 37]]],
  [26, [[4, 43], [1, 44]]],
];
const ALIGN: readonly (readonly number[])[] = [
  [], [6, 18], [6, 22], [6, 26], [6, 30], [6, 34], [6, 22, 38], [6, 24, 42], [6, 26, 46], [6, 28, 50],
];

const EXP = new Uint8Array(512);
const LOG = new Uint8Array(256);
for (let i = 0, x = 1; i < 255; i++) {
  EXP[i] = EXP[i + 255] = x;
  LOG[x] = i;
  x = x & 128 ? (x << 1) ^ 0x11d : x << 1;
}
const times = (a: number, b: number) => (a && b ? (EXP[(LOG[a] as number) + (LOG[b] as number)] as number) : 0);

function generator(degree: number): number[] {
  let poly = [1];
  for (let i = 0; i < degree; i++) {
    const root = EXP[i] as number;
    const next = [...poly, 0];
    poly.forEach((coefficient, at) => (next[at + 1] = (next[at + 1] as number) ^ times(coefficient, root)));
    poly = next;
  }
  return poly;
}

function errorWords(data: readonly number[], degree: number): number[] {
  const poly = generator(degree);
  const rest = [...data, ...new Array<number>(degree).fill(0)];
  for (let i = 0; i < data.length; i++) {
    const lead = rest[i] as number;
    poly.forEach((coefficient, at) => (rest[i + at] = (rest[i + at] as number) ^ times(coefficient, lead)));
  }
  return rest.slice(data.length);
}

const capacity = (version: number) =>
  (BLOCKS[version - 1]?.[1] ?? []).reduce((sum, [count, words]) => sum + count * words, 0);

function dataWords(bytes: Uint8Array, version: number): number[] {
  const bits: number[] = [];
  const put = (value: number, count: number) => {
    for (let i = count - 1; i >= 0; i--) bits.push((value >> i) & 1);
  };
  put(4, 4);
  put(bytes.length, version < 10 ? 8 : 16);
  bytes.forEach((byte) => put(byte, 8));
  const room = capacity(version) * 8;
  put(0, Math.min(4, room - bits.length));
  while (bits.length % 8) bits.push(0);
  for (let pad = 0xec; bits.length < room; pad ^= 0xec ^ 0x11) put(pad, 8);
  const words: number[] = [];
  for (let i = 0; i < bits.length; i += 8) words.push(parseInt(bits.slice(i, i + 8).join(''), 2));
  return words;
}

function interleaved(data: readonly number[], version: number): number[] {
  const [degree, shapes] = BLOCKS[version - 1] ?? [0, []];
  const blocks: number[][] = [];
  let at = 0;
  for (const [count, words] of shapes)
    for (let i = 0; i < count; i++, at += words) blocks.push(data.slice(at, at + words));
  const errors = blocks.map((block) => errorWords(block, degree));
  const out: number[] = [];
  const longest = Math.max(...blocks.map((block) => block.length));
  for (let i = 0; i < longest; i++) for (const block of blocks) if (i < block.length) out.push(block[i] as number);
  for (let i = 0; i < degree; i++) for (const block of errors) out.push(block[i] as number);
  return out;
}

type Grid = (0 | 1 | -1)[][];

function frame(version: number): Grid {
  const size = version * 4 + 17;
  const grid: Grid = Array.from({ length: size }, () => new Array<0 | 1 | -1>(size).fill(-1));
  const set = (x: number, y: number, dark: boolean) => {
    if (x >= 0 && y >= 0 && x < size && y < size) (grid[y] as number[])[x] = dark ? 1 : 0;
  };
  const finder = (cx: number, cy: number) => {
    for (let y = -4; y <= 4; y++)
      for (let x = -4; x <= 4; x++) {
        const ring = Math.max(Math.abs(x), Math.abs(y));
        set(cx + x, cy + y, ring !== 2 && ring !== 4);
      }
  };
  finder(3, 3);
  finder(size - 4, 3);
  finder(3, size - 4);
  for (let i = 8; i < size - 8; i++) {
    set(i, 6, i % 2 === 0);
    set(6, i, i % 2 === 0);
  }
  const centres = ALIGN[version - 1] ?? [];
  for (const cy of centres)
    for (const cx of centres) {
      if ((cx === 6 && cy === 6) || (cx === 6 && cy === size - 7) || (cx === size - 7 && cy === 6)) continue;
      for (let y = -2; y <= 2; y++)
        for (let x = -2; x <= 2; x++) set(cx + x, cy + y, Math.max(Math.abs(x), Math.abs(y)) !== 1);
    }
  writeFormat(grid, 0);
  if (version >= 7) writeVersion(grid, version);
  return grid;
}

function writeFormat(grid: Grid, mask: number): void {
  const size = grid.length;
  let rest = mask << 10; // level M is 00
  for (let i = 14; i >= 10; i--) if ((rest >> i) & 1) rest ^= 0x537 << (i - 10);
  const bits = ((mask << 10) | rest) ^ 0x5412;
  const bit = (i: number) => ((bits >> i) & 1) as 0 | 1;
  const row = (y: number) => grid[y] as number[];
  for (let i = 0; i < 15; i++) {
    row(i < 6 ? i : i < 8 ? i + 1 : size - 15 + i)[8] = bit(i);
    row(8)[i < 8 ? size - 1 - i : i < 9 ? 7 : 14 - i] = bit(i);
  }
  row(size - 8)[8] = 1;
}

function writeVersion(grid: Grid, version: number): void {
  const size = grid.length;
  let rest = version << 12;
  for (let i = 17; i >= 12; i--) if ((rest >> i) & 1) rest ^= 0x1f25 << (i - 12);
  const bits = (version << 12) | rest;
  for (let i = 0; i < 18; i++) {
    const [far, near] = [size - 11 + (i % 3), Math.floor(i / 3)];
    (grid[near] as number[])[far] = (bits >> i) & 1;
    (grid[far] as number[])[near] = (bits >> i) & 1;
  }
}

const MASKS: readonly ((x: number, y: number) => boolean)[] = [
  (x, y) => (x + y) % 2 === 0,
  (_x, y) => y % 2 === 0,
  (x) => x % 3 === 0,
  (x, y) => (x + y) % 3 === 0,
  (x, y) => (Math.floor(y / 2) + Math.floor(x / 3)) % 2 === 0,
  (x, y) => ((x * y) % 2) + ((x * y) % 3) === 0,
  (x, y) => (((x * y) % 2) + ((x * y) % 3)) % 2 === 0,
  (x, y) => (((x + y) % 2) + ((x * y) % 3)) % 2 === 0,
];

function filled(base: Grid, words: readonly number[], mask: number): Grid {
  const grid = base.map((row) => [...row]) as Grid;
  const size = grid.length;
  const invert = MASKS[mask] as (x: number, y: number) => boolean;
  let at = 0;
  for (let right = size - 1, up = true; right > 0; right -= 2, up = !up) {
    if (right === 6) right--;
    for (let step = 0; step < size; step++) {
      const y = up ? size - 1 - step : step;
      for (const x of [right, right - 1]) {
        if ((base[y] as number[])[x] !== -1) continue;
        const bit = ((words[at >> 3] ?? 0) >> (7 - (at & 7))) & 1;
        at++;
        (grid[y] as number[])[x] = invert(x, y) ? bit ^ 1 : bit;
      }
    }
  }
  writeFormat(grid, mask);
  return grid;
}

function linePenalty(line: readonly number[]): number {
  let sum = 0;
  let run = 1;
  for (let i = 1; i <= line.length; i++) {
    if (line[i] === line[i - 1]) run++;
    else {
      if (run >= 5) sum += run - 2;
      run = 1;
    }
  }
  const text = line.join('');
  for (const pattern of ['10111010000', '00001011101'])
    for (let at = text.indexOf(pattern); at >= 0; at = text.indexOf(pattern, at + 1)) sum += 40;
  return sum;
}

function penalty(grid: Grid): number {
  const size = grid.length;
  let sum = 0;
  let dark = 0;
  for (let i = 0; i < size; i++) {
    sum += linePenalty(grid[i] as number[]) + linePenalty(grid.map((row) => row[i] as number));
    for (let x = 0; x < size; x++) {
      const here = (grid[i] as number[])[x] as number;
      dark += here;
      const below = grid[i + 1] as number[] | undefined;
      const same = (value: number | undefined) => value === here;
      if (x + 1 < size && below && same(grid[i]?.[x + 1]) && same(below[x]) && same(below[x + 1])) sum += 3;
    }
  }
  return sum + Math.floor(Math.abs((dark * 100) / (size * size) - 50) / 5) * 10;
}

/** Rows of modules, true is dark; without the quiet zone of four. */
export function qrCode(text: string): boolean[][] | null {
  const bytes = new TextEncoder().encode(text);
  const version = BLOCKS.findIndex((_, i) => capacity(i + 1) - (i < 9 ? 2 : 3) >= bytes.length) + 1;
  if (version === 0) return null;
  const words = interleaved(dataWords(bytes, version), version);
  const base = frame(version);
  const all = MASKS.map((_, mask) => filled(base, words, mask));
  const best = all.reduce((a, b) => (penalty(b) < penalty(a) ? b : a));
  return best.map((row) => row.map((cell) => cell === 1));
}
