/** A learner's notes in their order, and as a text to take along. Pure. */
import type { LessonNote } from '../api/types';
import { clockText } from './bead';

export const NOTE_MAX = 1000;

export const inOrder = (notes: readonly LessonNote[]): LessonNote[] =>
  [...notes].sort((a, b) => a.at_ms - b.at_ms || a.id - b.id);

export const withNote = (notes: readonly LessonNote[], note: LessonNote): LessonNote[] =>
  inOrder([...notes.filter((one) => one.id !== note.id), note]);

/** "[12:30] what was written", further lines of a note set in under the first. */
export function notesText(heading: string, notes: readonly LessonNote[]): string {
  const rows = inOrder(notes).map(({ at_ms, text }) => `[${clockText(at_ms)}] ${text.trim().replace(/\n/g, '\n    ')}`);
  return [heading, '', ...rows, ''].join('\n');
}

/** A name every system takes for a file. */
export const fileName = (title: string): string => `${title.replace(/[\\/:*?"<>|\s\u0000-\u001f]+/g, ' ').trim().slice(0, 60) || 'notes'}.txt`;
