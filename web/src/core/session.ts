/** Who is signed in. One truth for the page; knows no DOM. */
import { reactive } from 'vue';
import * as api from '../api/calls';
import { ApiError } from '../api/http';
import type { Person, Role, SignedIn } from '../api/types';

const TEACHERS: readonly Role[] = ['master', 'staff', 'admin'];

export const session = reactive({
  person: null as Person | null,
  setupNeeded: false,
  /** False until the server has said who this is. */
  known: false,
});

/** The session has ended meanwhile: the page shows a guest, who may sign in again. */
export function noticeExpiry(error: unknown): void {
  if (error instanceof ApiError && error.code === 'sign_in') session.person = null;
}

export const mayTeach = (): boolean => !!session.person && TEACHERS.includes(session.person.role);

export const mayCut = (): boolean => session.person?.role === 'staff' || session.person?.role === 'admin';

/** Asks the server once; an unreachable server leaves a guest, and pages say so when they load. */
export async function meet(): Promise<void> {
  try {
    const me = await api.me();
    session.person = me.person;
    session.setupNeeded = me.setup_needed;
  } catch (error) {
    if (error instanceof ApiError && error.status === 401) session.person = null;
  }
  session.known = true;
}

function welcome(signed: SignedIn): void {
  session.person = signed.person;
  session.setupNeeded = false;
  session.known = true;
}

export const enter = async (login: string, password: string) => welcome(await api.signIn(login, password));
export const join = async (login: string, password: string, name: string) =>
  welcome(await api.signUp(login, password, name));
export const begin = async (token: string, login: string, password: string, name: string) =>
  welcome(await api.setUp(token, login, password, name));

export async function leave(): Promise<void> {
  await api.signOut();
  session.person = null;
}
