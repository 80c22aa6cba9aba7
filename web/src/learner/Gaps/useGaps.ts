/** What of a lesson that is watched was not seen yet, by what the server has judged so far. */
import { computed, type ComputedRef } from 'vue';
import type { Lesson, Span } from '../../api/types';
import { gapsOf, isWhole } from '../../core/gaps';
import type { Watching } from '../../media/watching';

/** Nothing of who is not signed in, of what is complete by the rule, and of a title with holes. */
export function useGaps(lesson: Lesson, { learn, player }: Watching, counts: boolean): ComputedRef<Span[]> {
  return computed(() => {
    const length = Math.max(lesson.duration_ms, player.state.endMs);
    return counts && !learn.complete && isWhole(learn.content_ms, length) ? gapsOf(learn.covered, length) : [];
  });
}
