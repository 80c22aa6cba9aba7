/** A course's progress in one number, and what keeps it from its certificate. Pure. */
import type { Course, CourseProgress, Lesson } from '../api/types';

/** 0…1: the slower of time and coverage, since the certificate asks for both. */
export function courseShare(course: Course, progress: CourseProgress | null): number {
  if (!progress) return 0;
  if (progress.eligible) return 1;
  const minutes = (progress.minutes_needed || course.rule?.minutes || 0) * 60_000;
  const time = minutes > 0 ? progress.credited_ms / minutes : 1;
  const rule = course.rule?.coverage_permille ?? 0;
  const covered = progress.content_ms > 0 ? (progress.covered_ms / progress.content_ms) * 1000 : 0;
  const coverage = rule > 0 ? covered / rule : 1;
  return Math.max(0, Math.min(1, time, coverage));
}

/** A lesson's own share, 0…1. */
export function lessonShare(lesson: Lesson): number {
  const progress = lesson.progress;
  if (!progress) return 0;
  if (progress.complete) return 1;
  return progress.content_ms > 0 ? Math.min(1, progress.covered_ms / progress.content_ms) : 0;
}

/** Or will be: a class that ended and left no recording will not. */
export function canBeWatched(lesson: Lesson): boolean {
  return lesson.duration_ms > 0 || (lesson.state !== 'closed' && lesson.state !== 'failed');
}

/** Where a lesson is watched: a live one in its classroom, until its recording is a lesson like any other. */
export function lessonPath(lesson: Lesson): string {
  const recorded = lesson.state === 'closed' && lesson.duration_ms > 0;
  return lesson.kind === 'live' && lesson.class_id && !recorded ? `/c/${lesson.class_id}` : `/lessons/${lesson.id}`;
}

/** The last moment a course is free, while it is; null before and after. Until is the first moment it is not. */
export function freeUntil(course: { free_from_ms?: number | null; free_until_ms?: number | null }, now = Date.now()): number | null {
  const { free_from_ms: from, free_until_ms: until } = course;
  return until && (from ?? 0) <= now && now < until ? until - 1 : null;
}

/** The picture of a course is that of its first lesson with one. */
export const posterOf = (course: Course): string | null => course.lessons.find((lesson) => lesson.poster)?.poster ?? null;
