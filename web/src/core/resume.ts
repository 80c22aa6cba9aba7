/** Where a replay is taken up again. Pure. */
const NEAR_MS = 5000; // resuming nearer to the start, or to the end, is no help

/** The title time to begin at; 0: from the start. `length` 0: not known. */
export function resumeAt(resumeMs: number, lengthMs: number): number {
  const late = lengthMs > 0 && resumeMs > lengthMs - NEAR_MS;
  return resumeMs < NEAR_MS || late ? 0 : resumeMs;
}
