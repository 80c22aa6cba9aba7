/** What a draft says about itself: its hours, its lessons' sources, its problems by place. Pure. */
import type { Asset, Draft, DraftLesson, Problem } from '../api/make_types';

const MINUTE = 60_000;

export interface Sources {
  asset(id: string): Asset | undefined;
  /** Of a class' recording; 0 while unknown. */
  classMs(id: string): number;
}

/** How long a lesson plays, as measured; 0 of what cannot be played. */
export function lessonMs(lesson: DraftLesson, sources: Sources): number {
  if (lesson.kind === 'live') return lesson.class_id ? sources.classMs(lesson.class_id) : 0;
  if (lesson.kind !== 'video' && lesson.kind !== 'audio') return 0;
  return (lesson.asset_id && sources.asset(lesson.asset_id)?.duration_ms) || 0;
}

export interface Hours {
  measured: number;
  /** Declared hours in minutes. */
  declared: number;
  general: number;
  /** 0…1, and what is short or spare in minutes. */
  share: number;
  short: number;
  spare: number;
}

export function hoursOf(draft: Draft, sources: Sources): Hours {
  let measuredMs = 0;
  let generalMs = 0;
  for (const lesson of draft.chapters.flatMap((one) => one.lessons)) {
    const ms = lessonMs(lesson, sources);
    measuredMs += ms;
    if (lesson.module) generalMs += ms;
  }
  const measured = Math.floor(measuredMs / MINUTE);
  const declared = Math.ceil((draft.declared_hours || 0) * (draft.hour_minutes || 45));
  return {
    measured,
    declared,
    general: Math.floor(generalMs / MINUTE),
    share: declared > 0 ? Math.min(1, measured / declared) : 0,
    short: Math.max(0, declared - measured),
    spare: Math.max(0, measured - declared),
  };
}

/** The problems of a place and of what lies within it. */
export const problemsAt = (problems: readonly Problem[], path: string): Problem[] =>
  problems.filter((one) => one.path === path || one.path.startsWith(`${path}.`));

/** The path of a lesson as problems name it. */
export function pathOfLesson(draft: Draft, id: string): string {
  for (const [c, chapter] of draft.chapters.entries()) {
    const l = chapter.lessons.findIndex((one) => one.id === id);
    if (l >= 0) return `chapters.${c}.lessons.${l}`;
  }
  return '';
}

/** The lesson that a problem's path leads into; "" when it leads elsewhere. */
export function lessonAt(draft: Draft, path: string): string {
  const at = /^chapters\.(\d+)\.lessons\.(\d+)/.exec(path);
  return at ? (draft.chapters[Number(at[1])]?.lessons[Number(at[2])]?.id ?? '') : '';
}

const FIELDS: readonly [RegExp, string][] = [
  [/^(lesson|chapter)_title_/, 'title'],
  [/^lesson_(source|link|not_|failed|empty|twice)/, 'source'],
  [/^master_(name|proof|intro)_/, ''],
];

/** The field a problem is about: the server names the lesson, chapter or master only. */
export function fieldOf(problem: Problem): string {
  for (const [known, field] of FIELDS) {
    const at = known.exec(problem.code);
    if (at) return `${problem.path}.${field || at[1]}`;
  }
  return problem.path;
}

/** From the place of a problem outward: where the focus may go when the field itself is not on the screen. */
export function pathsOutward(path: string): string[] {
  const parts = path.split('.');
  return parts.map((_, i) => parts.slice(0, parts.length - i).join('.'));
}

/** A file's name as a lesson's: no ending, no underscores. */
export const titleOfFile = (name: string): string => name.replace(/\.[^.]{1,5}$/, '').replace(/[_]+/g, ' ').trim().slice(0, 60);
