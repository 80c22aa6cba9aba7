/** The loudness of a sound lesson as bars on its seek bar. Pure. */
export interface Wave {
  step_ms: number;
  /** 0…255, one each step. */
  peaks: readonly number[];
}

const LOWEST = 0.06; // of the height: silence is a line, not a hole

/** So many bars over `lengthMs`, each the loudest of its stretch, 0…1 of the loudest of all. */
export function barsOf(wave: Wave, lengthMs: number, count: number): number[] {
  const top = Math.max(1, ...wave.peaks);
  const per = lengthMs / wave.step_ms / count;
  return Array.from({ length: count }, (_, i) => {
    const from = Math.floor(i * per);
    const stretch = wave.peaks.slice(from, Math.max(from + 1, Math.floor((i + 1) * per)));
    return Math.max(LOWEST, Math.max(0, ...stretch) / top);
  });
}

/** The same shape for who has no wave: even, low bars. */
export const flatBars = (count: number): number[] => Array.from({ length: count }, () => LOWEST * 3);
