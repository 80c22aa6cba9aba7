/** A course as a learner goes through it: its parts, what is learnt of each, and what comes next. Pure. */
import type { Course, Lesson } from '../api/types';
import { canBeWatched } from './course';

export interface Part {
  id: string;
  /** "" for lessons that stand in no chapter. */
  title: string;
  lessons: readonly Lesson[];
  /** The number of its first lesson, counted through the course. */
  first: number;
  length_ms: number;
  /** Lessons that count, and how many of them are learnt. */
  count: number;
  done: number;
}

/** Documents and links are read, not counted. */
export const isWatched = (lesson: Lesson): boolean => lesson.kind !== 'document' && lesson.kind !== 'link';

function part(id: string, title: string, lessons: readonly Lesson[], first: number): Part {
  const watched = lessons.filter(isWatched);
  return {
    id,
    title,
    lessons,
    first,
    length_ms: watched.reduce((sum, lesson) => sum + lesson.duration_ms, 0),
    count: watched.length,
    done: watched.filter((lesson) => lesson.progress?.complete).length,
  };
}

/** Chapters in their order; what stands in none comes after them, so that no lesson is lost. */
export function outlineOf(course: Pick<Course, 'lessons' | 'chapters'>): Part[] {
  const left = new Map(course.lessons.map((lesson) => [lesson.id, lesson]));
  const parts: Part[] = [];
  let first = 1;
  const add = (id: string, title: string, lessons: readonly Lesson[]) => {
    if (lessons.length) parts.push(part(id, title, lessons, first));
    first += lessons.length;
  };
  for (const chapter of course.chapters ?? []) {
    const lessons = chapter.lesson_ids.flatMap((id) => left.get(id) ?? []);
    lessons.forEach((lesson) => left.delete(lesson.id));
    add(chapter.id, chapter.title, lessons);
  }
  add('', '', [...left.values()]);
  return parts;
}

/** The lesson to go on with: what is on air now, else the first that is not learnt yet, else the first. */
export function nextLesson(lessons: readonly Lesson[]): Lesson | undefined {
  const open = lessons.filter(canBeWatched);
  const watched = open.filter(isWatched);
  return watched.find((l) => l.state === 'on_air') ?? watched.find((l) => !l.progress?.complete) ?? watched[0] ?? open[0];
}
