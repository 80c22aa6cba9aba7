/** What somebody looks for in the catalogue, as it stands in the address. Pure. */
import { LEVELS, MODULES } from '../api/types';

/** "": what fits best first, or the newest where there are no words to fit. */
export type Sort = '' | 'new' | 'hours';

export interface Filters {
  q: string;
  /** "<edition>:<code>", "" for any. */
  occupation: string;
  level: string;
  tag: string;
  module: string;
  free: boolean;
  sort: Sort;
}

export { LEVELS, MODULES };
export const TAGS = ['urgent', 'mass', 'new'] as const;

const SORTS = ['new', 'hours'] as const;
const QUERY_MAX = 60;
const WORD_MAX = 40;

const one = (lawful: readonly string[], value: string | null) => (value !== null && lawful.includes(value) ? value : '');
const word = (value: string | null, most: number) => (value ?? '').trim().slice(0, most);

/** Anything a stranger's link may carry; what is no filter of ours is let go. */
export function filtersOf(query: URLSearchParams): Filters {
  const occupation = query.get('occupation') ?? '';
  return {
    q: word(query.get('q'), QUERY_MAX),
    occupation: /^[\w-]{1,16}:[\w.-]{1,32}$/.test(occupation) ? occupation : '',
    level: one(LEVELS, query.get('level')),
    tag: word(query.get('tag'), WORD_MAX),
    module: one(MODULES, query.get('module')),
    free: query.get('free') === '1',
    sort: one(SORTS, query.get('sort')) as Sort,
  };
}

/** Only what is set, in one order: the same filters are the same address. */
export function askedOf(is: Filters): Record<string, string> {
  const { q, occupation, level, tag, module, sort } = is;
  const asked = { q, occupation, level, tag, module, free: is.free ? '1' : '', sort };
  return Object.fromEntries(Object.entries(asked).filter(([, value]) => value));
}

export type Narrowing = 'occupation' | 'level' | 'tag' | 'module' | 'free';
const NARROWING: readonly Narrowing[] = ['occupation', 'level', 'tag', 'module', 'free'];

/** Which of them narrow the finds now. */
export const narrowing = (is: Filters): Narrowing[] => NARROWING.filter((name) => is[name]);

export const without = (is: Filters, name: Narrowing): Filters => ({ ...is, [name]: name === 'free' ? false : '' });
export const widest = (is: Filters): Filters => ({ ...filtersOf(new URLSearchParams()), q: is.q, sort: is.sort });
