/** Questions of a class that the room no longer lists, and all of them as a file. */
import { call } from './http';
import type { Board } from './protocol';

const ofClass = (classId: string) => `/api/v1/classes/${encodeURIComponent(classId)}/questions`;

export const answeredBefore = (classId: string, id: number) => call<Board>('GET', `${ofClass(classId)}?before=${id}`);
export const questionsFile = (classId: string) => `${ofClass(classId)}.csv`;
