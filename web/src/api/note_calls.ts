/** A learner's own notes to a lesson. */
import { call } from './http';
import type { LessonNote } from './types';

const id = encodeURIComponent;
const ofLesson = (lessonId: string) => `/api/v1/lessons/${id(lessonId)}/notes`;
const one = (note: LessonNote) => `/api/v1/notes/${note.id}`;

export const notes = async (lessonId: string) => (await call<{ notes?: LessonNote[] }>('GET', ofLesson(lessonId))).notes ?? [];
export const addNote = (lessonId: string, made: { at_ms: number; text: string }) =>
  call<LessonNote>('POST', ofLesson(lessonId), made);
export const changeNote = (note: LessonNote, text: string) => call<LessonNote>('PATCH', one(note), { text });
export const dropNote = (note: LessonNote) => call<void>('DELETE', one(note));
