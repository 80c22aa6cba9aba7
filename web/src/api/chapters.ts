/** Chapters over HTTP; each call answers with all of them. */
import { call } from './http';
import type { Chapter } from './types';

const path = (titleId: string, chapterId?: number) =>
  `/api/v1/titles/${encodeURIComponent(titleId)}/chapters${chapterId === undefined ? '' : `/${chapterId}`}`;
const all = async (got: Promise<{ chapters?: Chapter[] }>) => (await got).chapters ?? [];

export const addChapter = (titleId: string, made: { title: string; at_ms?: number }) =>
  all(call('POST', path(titleId), made));
export const changeChapter = (titleId: string, chapterId: number, now: { title: string; at_ms: number }) =>
  all(call('PUT', path(titleId, chapterId), now));
export const dropChapter = (titleId: string, chapterId: number) => all(call('DELETE', path(titleId, chapterId)));
