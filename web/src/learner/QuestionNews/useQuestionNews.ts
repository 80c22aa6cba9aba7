/** The news of a class's questions as long as the view lives, and how the tab shows them. */
import { computed, onBeforeUnmount, watch } from 'vue';
import { answeredBefore } from '../../api/question_calls';
import { newsMemory } from '../../core/news_memory';
import { QuestionNews } from '../../core/question_news';
import { qw } from '../../core/question_words';
import type { Watching } from '../../media/watching';
import './question_news.css';

/** Beside a tab's name: what is seen, "" a dot, and what is read out. */
export interface TabNews {
  text: string;
  label: string;
}

interface Views {
  watching: Watching;
  classId: string;
  person: number;
  /** The list of questions asks for itself. */
  listed: () => boolean;
  /** It is before somebody's eyes. */
  looking: () => boolean;
}

export function useQuestionNews({ watching, classId, person, listed, looking }: Views) {
  const { now } = watching.room;
  const news = new QuestionNews({
    send: (message) => !listed() && watching.send(message),
    older: (before) => answeredBefore(classId, before),
    ...newsMemory(`${watching.titleId} ${person}`),
  });
  const deaf = watching.onMessage((message) => news.heard(message));
  onBeforeUnmount(() => {
    deaf();
    news.stop();
  });
  if (now.joinedOnce) news.enter(now.you);
  watch(looking, (yes) => news.look(yes), { immediate: true });

  const tab = computed<TabNews | undefined>(() => {
    const count = news.fresh.value.length;
    if (!count) return undefined;
    return now.you.host ? { text: `+${count}`, label: qw.value.newAsked(count) } : { text: '', label: qw.value.newAnswers(count) };
  });
  return { news, tab };
}
