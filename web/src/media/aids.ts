/**
 * What helps to find one's way in a title: its chapters, asked for again whenever the room rings, and its small
 * pictures, asked for when somebody points. One for each thing shown, made when it is first asked for.
 */
import { reactive, watch } from 'vue';
import { call } from '../api/http';
import type { Chapter, Sheet } from '../api/types';
import type { Shown } from './watching';

const BOARD_AGE_MS = 10_000; // a class on air gets a picture every five seconds

export interface Aids {
  chapters: readonly Chapter[];
  sheets: readonly Sheet[];
  /** Somebody points at the seek bar. */
  point(): void;
}

const known = new WeakMap<Shown, Aids>();

export function aidsOf(watching: Shown): Aids {
  const before = known.get(watching);
  if (before) return before;
  let asked = -Infinity;
  const point = () => {
    const now = performance.now();
    if (now - asked < BOARD_AGE_MS || (asked >= 0 && !watching.player.state.live && aids.sheets.length)) return;
    asked = now;
    void call<{ sheets?: Sheet[] }>('GET', watching.media('board.json')).then(
      (got) => (aids.sheets = got.sheets ?? []),
      () => undefined,
    );
  };
  const aids: Aids = reactive<Aids>({ chapters: [], sheets: [], point });
  known.set(watching, aids);
  const look = async () => {
    const got = await call<{ chapters?: Chapter[] }>('GET', watching.media('chapters.json')).catch(() => null);
    if (got) aids.chapters = got.chapters ?? [];
  };
  // The pass comes with the player: once it is ready, media may be asked for.
  watch([() => watching.bells.chapters, () => watching.player.state.phase === 'ready'], ([, ready]) => ready && void look(), {
    immediate: true,
  });
  return aids;
}
