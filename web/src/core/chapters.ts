/** Chapters and small pictures on a title's line. Pure. */
import type { Chapter, Sheet } from '../api/types';

/** Where a tile is: its sheet, and its corner there. */
export interface Tile {
  sheet: Sheet;
  x: number;
  y: number;
}

/** The tile that shows this title time: the last one not after it, or else the first; null when there is none. */
export function tileAt(sheets: readonly Sheet[], titleMs: number): Tile | null {
  let found: Tile | null = null;
  for (const sheet of sheets) {
    const after = sheet.tiles_ms.findIndex((at) => at > titleMs);
    const i = after < 0 ? sheet.tiles_ms.length - 1 : after - 1;
    if (i < 0 && (found || !sheet.tiles_ms.length)) break;
    const at = Math.max(0, i);
    found = { sheet, x: (at % sheet.columns) * sheet.width, y: Math.floor(at / sheet.columns) * sheet.height };
    if (after >= 0) break;
  }
  return found;
}

/** The one that is on at this title time; null before the first. */
export function chapterAt(chapters: readonly Chapter[], titleMs: number): Chapter | null {
  let on: Chapter | null = null;
  for (const chapter of chapters) if (chapter.at_ms <= titleMs) on = chapter;
  return on;
}
