/**
 * The lines of a WebVTT file: when each is said, and its words without marks. Where the lines stand is the player's
 * business, so their settings are not read. What cannot be read is left out. Pure.
 */
export interface Cue {
  from_ms: number;
  to_ms: number;
  text: string;
}

const CUES_MAX = 20_000; // a file of 1 MiB has not so many

const TIMING = /^\s*(?:(\d+):)?(\d{1,2}):(\d{2})[.,](\d{3})\s+-->\s+(?:(\d+):)?(\d{1,2}):(\d{2})[.,](\d{3})/;
const NAMED: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', nbsp: ' ', lrm: '', rlm: '', quot: '"' };

const ms = (parts: readonly (string | undefined)[]) => {
  const [hours, minutes, seconds, rest] = parts.map((part) => Number(part ?? 0)) as [number, number, number, number];
  return ((hours * 60 + minutes) * 60 + seconds) * 1000 + rest;
};

const plain = (text: string) =>
  text
    .replace(/<[^>]*>/g, '')
    .replace(/&(\w+);/g, (whole, name: string) => NAMED[name] ?? whole)
    .trim();

export function cuesOf(text: string): Cue[] {
  const cues: Cue[] = [];
  for (const block of text.replace(/^\ufeff/, '').replace(/\r\n?/g, '\n').split(/\n{2,}/)) {
    const lines = block.split('\n');
    const at = lines.findIndex((line) => TIMING.test(line));
    const told = at < 0 || at > 1 ? null : TIMING.exec(lines[at] ?? '');
    if (!told || cues.length >= CUES_MAX) continue;
    const cue = { from_ms: ms(told.slice(1, 5)), to_ms: ms(told.slice(5, 9)), text: plain(lines.slice(at + 1).join('\n')) };
    if (cue.text && cue.to_ms > cue.from_ms) cues.push(cue);
  }
  return cues.sort((a, b) => a.from_ms - b.from_ms);
}
