/**
 * A course's outline as a value: chapters of lessons, changed by small operations that each know how to be undone. Pure.
 * Operations name what they move by id and where to by index, so that an undo holds though other things have moved
 * meanwhile; what is no longer there is left alone.
 */
import type { DraftChapter, DraftLesson } from '../api/make_types';

export type OutlineOp =
  | { do: 'insertLesson'; chapter: string; at: number; lesson: DraftLesson }
  | { do: 'removeLesson'; id: string }
  | { do: 'moveLesson'; id: string; chapter: string; at: number }
  | { do: 'insertChapter'; at: number; chapter: DraftChapter }
  | { do: 'removeChapter'; id: string }
  | { do: 'moveChapter'; id: string; at: number };

export type Chapters = readonly DraftChapter[];

const ID_LETTERS = 'abcdefghijklmnopqrstuvwxyz234567';

/** 12 letters, as the server's own ids. */
export function newId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(12));
  return Array.from(bytes, (byte) => ID_LETTERS[byte % 32]).join('');
}

export interface LessonPlace {
  chapter: number;
  at: number;
}

export function placeOfLesson(chapters: Chapters, id: string): LessonPlace | null {
  for (const [chapter, one] of chapters.entries()) {
    const at = one.lessons.findIndex((lesson) => lesson.id === id);
    if (at >= 0) return { chapter, at };
  }
  return null;
}

const put = <T>(list: readonly T[], at: number, one: T): T[] => {
  const all = [...list];
  all.splice(Math.max(0, Math.min(at, all.length)), 0, one);
  return all;
};
const drop = <T>(list: readonly T[], at: number): T[] => list.filter((_, i) => i !== at);
const within = (chapters: Chapters, index: number, lessons: DraftLesson[]): DraftChapter[] =>
  chapters.map((one, i) => (i === index ? { ...one, lessons } : one));

export interface Changed {
  chapters: DraftChapter[];
  /** Takes it back. */
  inverse: OutlineOp;
}

function insertLesson(chapters: Chapters, op: OutlineOp & { do: 'insertLesson' }): Changed | null {
  if (placeOfLesson(chapters, op.lesson.id)) return null;
  const found = chapters.findIndex((one) => one.id === op.chapter);
  const index = found >= 0 ? found : chapters.length - 1; // its chapter went meanwhile: into the last one
  const home = chapters[index];
  if (!home) return null;
  return { chapters: within(chapters, index, put(home.lessons, op.at, op.lesson)), inverse: { do: 'removeLesson', id: op.lesson.id } };
}

function removeLesson(chapters: Chapters, id: string): Changed | null {
  const place = placeOfLesson(chapters, id);
  const home = place && chapters[place.chapter];
  const lesson = home?.lessons[place?.at ?? -1];
  if (!place || !home || !lesson) return null;
  return {
    chapters: within(chapters, place.chapter, drop(home.lessons, place.at)),
    inverse: { do: 'insertLesson', chapter: home.id, at: place.at, lesson },
  };
}

function moveLesson(chapters: Chapters, op: OutlineOp & { do: 'moveLesson' }): Changed | null {
  const taken = removeLesson(chapters, op.id);
  if (taken?.inverse.do !== 'insertLesson' || !chapters.some((one) => one.id === op.chapter)) return null;
  const from = taken.inverse;
  const placed = insertLesson(taken.chapters, { do: 'insertLesson', chapter: op.chapter, at: op.at, lesson: from.lesson });
  return placed && { chapters: placed.chapters, inverse: { do: 'moveLesson', id: op.id, chapter: from.chapter, at: from.at } };
}

function changeChapter(chapters: Chapters, op: OutlineOp): Changed | null {
  if (op.do === 'insertChapter') {
    if (chapters.some((one) => one.id === op.chapter.id)) return null;
    return { chapters: put(chapters, op.at, op.chapter), inverse: { do: 'removeChapter', id: op.chapter.id } };
  }
  if (op.do !== 'removeChapter' && op.do !== 'moveChapter') return null;
  const at = chapters.findIndex((one) => one.id === op.id);
  const chapter = chapters[at];
  if (!chapter) return null;
  const rest = drop(chapters, at);
  if (op.do === 'removeChapter') return { chapters: rest, inverse: { do: 'insertChapter', at, chapter } };
  return { chapters: put(rest, op.at, chapter), inverse: { do: 'moveChapter', id: op.id, at } };
}

/** null: what it speaks of is not there (any more), and nothing changes. */
export function applyOp(chapters: Chapters, op: OutlineOp): Changed | null {
  switch (op.do) {
    case 'insertLesson':
      return insertLesson(chapters, op);
    case 'removeLesson':
      return removeLesson(chapters, op.id);
    case 'moveLesson':
      return moveLesson(chapters, op);
    default:
      return changeChapter(chapters, op);
  }
}

/** One step up (-1) or down (1), over the border of a chapter too; null at either end of the course. */
export function stepLesson(chapters: Chapters, id: string, by: -1 | 1): OutlineOp | null {
  const place = placeOfLesson(chapters, id);
  const home = place && chapters[place.chapter];
  if (!place || !home) return null;
  const at = place.at + by;
  if (at >= 0 && at < home.lessons.length) return { do: 'moveLesson', id, chapter: home.id, at };
  const next = chapters[place.chapter + by];
  return next ? { do: 'moveLesson', id, chapter: next.id, at: by < 0 ? next.lessons.length : 0 } : null;
}

export function stepChapter(chapters: Chapters, id: string, by: -1 | 1): OutlineOp | null {
  const at = chapters.findIndex((one) => one.id === id);
  return at >= 0 && chapters[at + by] ? { do: 'moveChapter', id, at: at + by } : null;
}

/** A chapter dropped before `before` (null: at the end); null: it would stand where it stands. */
export function dropChapter(chapters: Chapters, id: string, before: string | null): OutlineOp | null {
  const others = chapters.filter((one) => one.id !== id);
  const found = before === null ? -1 : others.findIndex((one) => one.id === before);
  const at = found >= 0 ? found : others.length;
  const now = chapters.findIndex((one) => one.id === id);
  return now < 0 || now === at || id === before ? null : { do: 'moveChapter', id, at };
}

/**
 * A lesson dropped before `before` (null: at the end of the chapter). Its own place counts as it stands now, so the index
 * is one less when it comes from above in the same chapter.
 */
export function dropLesson(chapters: Chapters, id: string, chapter: string, before: string | null): OutlineOp | null {
  const home = chapters.find((one) => one.id === chapter);
  if (!home || id === before) return null;
  const others = home.lessons.filter((one) => one.id !== id);
  const found = before === null ? -1 : others.findIndex((one) => one.id === before);
  const at = found >= 0 ? found : others.length;
  const now = placeOfLesson(chapters, id);
  if (now && chapters[now.chapter] === home && now.at === at) return null;
  return { do: 'moveLesson', id, chapter, at };
}
