/** Until a class begins. Pure: whoever asks brings the time. */
export interface Left {
  days: number;
  hours: number;
  minutes: number;
  seconds: number;
}

/** null: it is time. A second that has begun is told until it is over. */
export function leftUntil(atMs: number, nowMs: number): Left | null {
  const all = Math.ceil((atMs - nowMs) / 1000);
  if (all <= 0) return null;
  return { days: Math.floor(all / 86_400), hours: Math.floor(all / 3600) % 24, minutes: Math.floor(all / 60) % 60, seconds: all % 60 };
}

/** Whole minutes, as people say them; 0: now. */
export const minutesUntil = (atMs: number, nowMs: number): number => Math.max(0, Math.round((atMs - nowMs) / 60_000));
