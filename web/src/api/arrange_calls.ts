/** The calls of those who arrange: plans and rights, people and institutions, links for pages elsewhere. */
import { call } from './http';
import type { Course, Embed, Institution, LiveClass, Pupil, RollEntry, WantedViewing } from './types';

const v1 = '/api/v1';
const id = encodeURIComponent;

export interface Arranged {
  title?: string;
  planned_ms?: number;
  planned_minutes?: number;
  viewing?: WantedViewing;
}
export const editClass = (classId: string, wanted: Arranged) =>
  call<LiveClass>('PATCH', `${v1}/classes/${id(classId)}`, wanted);
export const editCourse = (courseId: string, viewing: WantedViewing) =>
  call<Course>('PATCH', `${v1}/courses/${id(courseId)}`, { viewing });

export const institutions = async () =>
  (await call<{ institutions?: Institution[] }>('GET', `${v1}/institutions`)).institutions ?? [];
export const putInstitution = (code: string, name: string) =>
  call<Institution>('PUT', `${v1}/institutions/${id(code)}`, { name });
export const people = async (search: string, after = '') =>
  (await call<{ people?: RollEntry[] }>('GET', `${v1}/people?search=${id(search)}&after=${id(after)}`)).people ?? [];
export const editPerson = (person: number, wanted: { institution?: string; blocked?: boolean; reason: string }) =>
  call<RollEntry>('PATCH', `${v1}/people/${person}`, wanted);

export const leaveCourse = (courseId: string) => call<void>('DELETE', `${v1}/courses/${id(courseId)}/enrol`);
export const pupils = async (courseId: string, after = 0) =>
  (await call<{ pupils?: Pupil[] }>('GET', `${v1}/courses/${id(courseId)}/pupils?after=${after}`)).pupils ?? [];
export const orderPupil = (courseId: string, person: number, withdrawn: boolean, reason: string) =>
  call<void>('PUT', `${v1}/courses/${id(courseId)}/pupils/${person}`, { withdrawn, reason });

export const embeds = async (classId: string) =>
  (await call<{ embeds?: Embed[] }>('GET', `${v1}/classes/${id(classId)}/embeds`)).embeds ?? [];
export const makeEmbed = (classId: string, hours: number, site: string) =>
  call<Embed>('POST', `${v1}/classes/${id(classId)}/embeds`, { hours, site });
export const revokeEmbed = (embed: number) => call<void>('DELETE', `${v1}/embeds/${embed}`);
