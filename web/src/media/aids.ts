/**
 * What helps to find one's way in a title: its chapters, asked for again whenever the room rings, and its small
 * pictures and its sound's wave, asked for when somebody points or draws. One for each thing shown, made when it is first asked for.
 */
import { markRaw, reactive, ref, watch } from 'vue';
import { call } from '../api/http';
import type { Chapter, Sheet } from '../api/types';
import type { Wave } from '../core/wave';
import type { Shown } from './watching';

const BOARD_AGE_MS = 10_000; // a class on air gets a picture every five seconds

export interface Aids {
  chapters: readonly Chapter[];
  sheets: readonly Sheet[];
  /** Of a title that somebody draws the sound of. */
  wave: Wave | null;
  /** Somebody points at the seek bar. */
  point(): void;
  /** Somebody draws the sound. */
  draw(): void;
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
  const drawn = ref(0);
  const draw = () => void drawn.value++;
  const aids: Aids = reactive<Aids>({ chapters: [], sheets: [], wave: null, point, draw });
  known.set(watching, aids);
  const look = async () => {
    const got = await call<{ chapters?: Chapter[] }>('GET', watching.media('chapters.json')).catch(() => null);
    if (got) aids.chapters = got.chapters ?? [];
  };
  const listen = async () => {
    const got = await call<Wave>('GET', watching.media('wave.json')).catch(() => null);
    if (got) aids.wave = markRaw(got);
  };
  // The pass comes with the player: once it is ready, media may be asked for.
  const ready = () => watching.player.state.phase === 'ready';
  watch([() => watching.bells.chapters, ready], () => ready() && void look(), { immediate: true });
  watch([drawn, ready], () => ready() && drawn.value > 0 && !aids.wave && void listen());
  return aids;
}
