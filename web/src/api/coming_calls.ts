/** The calls about classes to come: asked by views that are fetched when they are needed. */
import { call } from './http';
import type { LiveClass } from './types';

const v1 = '/api/v1';
const id = encodeURIComponent;

/** What whoever is signed in is to be told of, about to begin, by time; and the server's clock. */
export const soonClasses = () => call<{ classes: LiveClass[]; now_ms: number }>('GET', `${v1}/classes?state=soon`);
export const setReminder = (classId: string, on: boolean) =>
  call<void>(on ? 'PUT' : 'DELETE', `${v1}/classes/${id(classId)}/reminder`);
export const classCalendar = (classId: string) => `${v1}/classes/${id(classId)}/calendar.ics`;
/** The secret address of one's own calendar. */
export const calendar = async () => (await call<{ url: string }>('GET', `${v1}/calendar`)).url;
export const newCalendar = async () => (await call<{ url: string }>('POST', `${v1}/calendar`)).url;
