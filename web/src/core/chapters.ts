/** Chapters on a title's line. Pure. */
import type { Chapter } from '../api/types';

/** The one that is on at this title time; null before the first. */
export function chapterAt(chapters: readonly Chapter[], titleMs: number): Chapter | null {
  let on: Chapter | null = null;
  for (const chapter of chapters) if (chapter.at_ms <= titleMs) on = chapter;
  return on;
}
