/** Every HTTP call the page makes, by name. Lists are never missing after this door. */
import { call } from './http';
import type {
  Certificate,
  Course,
  Learning,
  Lesson,
  LessonPage,
  LiveClass,
  Me,
  Pass,
  Publish,
  Rule,
  SignedIn,
  TitleLearning,
  WantedViewing,
} from './types';

const v1 = '/api/v1';
const id = encodeURIComponent;

export const me = () => call<Me>('GET', `${v1}/me`);
export const signIn = (login: string, password: string) =>
  call<SignedIn>('POST', `${v1}/session`, { login, password });
export const signOut = () => call<void>('DELETE', `${v1}/session`);
export const signUp = (login: string, password: string, name: string) =>
  call<SignedIn>('POST', `${v1}/people`, { login, password, name });
export const setUp = (token: string, login: string, password: string, name: string) =>
  call<SignedIn>('POST', `${v1}/setup`, { token, login, password, name });

export type ClassList = 'on_air' | 'upcoming' | 'closed' | 'mine';
export const classes = async (state: ClassList) =>
  (await call<{ classes?: LiveClass[] }>('GET', `${v1}/classes?state=${state}`)).classes ?? [];
export const oneClass = (classId: string) => call<LiveClass>('GET', `${v1}/classes/${id(classId)}`);
export const createClass = (made: { title: string; course_id?: string; planned_ms?: number; planned_minutes?: number; viewing?: WantedViewing }) =>
  call<LiveClass>('POST', `${v1}/classes`, made);
export const closeClass = (classId: string) => call<LiveClass>('POST', `${v1}/classes/${id(classId)}/close`, {});
export const newKey = (classId: string) =>
  call<{ publish: Publish }>('POST', `${v1}/classes/${id(classId)}/key`, {});

export const pass = (titleId: string) => call<Pass>('POST', `${v1}/titles/${id(titleId)}/pass`, {});

const whole = <T extends Course>(course: T): T => ({ ...course, lessons: course.lessons ?? [] });
export const courses = async () =>
  ((await call<{ courses?: Course[] }>('GET', `${v1}/courses`)).courses ?? []).map(whole);
export const course = async (courseId: string) => whole(await call<Course>('GET', `${v1}/courses/${id(courseId)}`));
export const createCourse = (made: { title: string; summary: string; rule: Rule; viewing?: WantedViewing }) =>
  call<Course>('POST', `${v1}/courses`, made);
export const addLesson = (courseId: string, made: { title: string; title_id: string }) =>
  call<Lesson>('POST', `${v1}/courses/${id(courseId)}/lessons`, made);
export const enrol = async (courseId: string) =>
  whole(await call<Course>('POST', `${v1}/courses/${id(courseId)}/enrol`, {}));
export const lesson = (lessonId: string) => call<LessonPage>('GET', `${v1}/lessons/${id(lessonId)}`);

export const learning = async (): Promise<Learning> => {
  const got = await call<Partial<Learning>>('GET', `${v1}/learning`);
  return {
    courses: got.courses ?? [],
    classes: got.classes ?? [],
    total_credited_ms: got.total_credited_ms ?? 0,
    certificates: got.certificates ?? [],
  };
};
export const titleLearning = (titleId: string) => call<TitleLearning>('GET', `${v1}/learning/${id(titleId)}`);
export const certificate = (certificateId: string) =>
  call<Certificate>('GET', `${v1}/certificates/${id(certificateId)}`);
export const certificatePdf = (certificateId: string) => `${v1}/certificates/${id(certificateId)}/pdf`;
