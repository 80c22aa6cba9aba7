/**
 * What helps to find one's way in a title: its chapters, asked for again whenever the room rings. One for each
 * thing shown, made when it is first asked for.
 */
import { reactive, watch } from 'vue';
import { call } from '../api/http';
import type { Chapter } from '../api/types';
import type { Shown } from './watching';

export interface Aids {
  chapters: readonly Chapter[];
}

const known = new WeakMap<Shown, Aids>();

export function aidsOf(watching: Shown): Aids {
  const before = known.get(watching);
  if (before) return before;
  const aids = reactive<Aids>({ chapters: [] });
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
