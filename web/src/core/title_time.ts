/**
 * Title time: milliseconds since the first frame of the first publisher, linear through interruptions. The playlist's
 * programme time says it; live and replay alike. Pure.
 */

/** From the programme time at the playhead; null while either side is unknown. */
export function titleTime(programme: Date | number | null | undefined, epochMs: number): number | null {
  if (!epochMs || programme === null || programme === undefined) return null;
  const at = typeof programme === 'number' ? programme : programme.getTime();
  return Number.isFinite(at) ? Math.round(at - epochMs) : null;
}

/** Safari's own player: the programme time of currentTime 0, and how far it is. */
export function nativeProgramme(start: Date | null | undefined, currentTime: number): number | null {
  const at = start?.getTime() ?? NaN;
  return Number.isFinite(at) && at > 0 ? at + currentTime * 1000 : null;
}

export interface Piece {
  /** Programme time of its first frame, UTC ms; null when the playlist does not say. */
  programDateTime: number | null;
  /** Seconds on the media element's own time line. */
  start: number;
  duration: number;
}

/** Where on the element's time line a title time lies; in a hole, where the media goes on after it. */
export function mediaTime(pieces: readonly Piece[], titleMs: number, epochMs: number): number | null {
  let last: number | null = null;
  for (const piece of pieces) {
    if (piece.programDateTime === null) continue;
    const from = piece.programDateTime - epochMs;
    if (titleMs < from) return piece.start;
    if (titleMs < from + piece.duration * 1000) return piece.start + (titleMs - from) / 1000;
    last = piece.start + piece.duration;
  }
  return last;
}

/** The title time at which the first piece begins; 0 when nothing is known. */
export function titleStart(pieces: readonly Piece[], epochMs: number): number {
  const first = pieces[0];
  return !first || first.programDateTime === null || !epochMs ? 0 : Math.round(first.programDateTime - epochMs);
}

/** The title time at which the last piece ends; 0 when nothing is known. */
export function titleEnd(pieces: readonly Piece[], epochMs: number): number {
  const last = pieces[pieces.length - 1];
  if (!last || last.programDateTime === null || !epochMs) return 0;
  return Math.round(last.programDateTime - epochMs + last.duration * 1000);
}
