/**
 * Which lane a flying comment takes, so that none overtakes another: all fly at one speed, so a lane is free once the
 * tail of its last comment has come in. Full means dropped: the chat shows everything. Pure.
 */
export const LANES = 2;
export const FLYING_MAX = 14;

const GAP_PX = 32;

export class Lanes {
  private readonly freeAt: number[];
  private flying = 0;

  constructor(lanes = LANES) {
    this.freeAt = new Array<number>(lanes).fill(0);
  }

  /** The lane for a comment of this width that enters now, or -1: drop it. */
  take(nowMs: number, widthPx: number, pxPerMs: number): number {
    if (this.flying >= FLYING_MAX) return -1;
    const lane = this.freeAt.findIndex((at) => at <= nowMs);
    if (lane < 0) return -1;
    this.freeAt[lane] = nowMs + (widthPx + GAP_PX) / pxPerMs;
    this.flying++;
    return lane;
  }

  landed(): void {
    this.flying--;
  }

  clear(): void {
    this.freeAt.fill(0);
    this.flying = 0;
  }
}
