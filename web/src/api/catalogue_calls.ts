/** Looking for courses, and for the occupations they are about. */
import { call } from './http';
import type { FoundCourse, Occupation } from './types';

const v1 = '/api/v1';

export interface Finds {
  courses: FoundCourse[];
  /** Goes on after these; null: they were the last. */
  next: string | null;
}

/** `asked`: the catalogue's own parameters; `after`: what the finds before ended with, "" for the first. */
export async function catalogue(asked: Readonly<Record<string, string>>, after: string): Promise<Finds> {
  const query = new URLSearchParams({ ...asked, ...(after ? { after } : {}) }).toString();
  const got = await call<Partial<Finds>>('GET', `${v1}/catalogue${query ? `?${query}` : ''}`);
  return { ...got, courses: got.courses ?? [], next: got.next ?? null };
}

/** An occupation, and how many courses are about it. */
export interface Taught extends Occupation {
  courses: number;
}

/** Occupations with courses, most first. */
export async function taught(): Promise<Taught[]> {
  const got = await call<{ facets?: { occupation?: { value: string; name?: string; courses: number }[] } }>('GET', `${v1}/catalogue?facets=1&limit=1`);
  return (got.facets?.occupation ?? []).map(({ value, name, courses }) => {
    const [edition = '', code = ''] = value.split(':');
    return { edition, code, name: name ?? code, courses };
  });
}

export const occupations = async (q: string) =>
  (await call<{ occupations?: Occupation[] }>('GET', `${v1}/occupations?q=${encodeURIComponent(q)}`)).occupations ?? [];
