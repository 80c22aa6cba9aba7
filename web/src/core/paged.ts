/**
 * A list that comes in pages, each asked for when the reader has come so far. Only the newest question counts; a row
 * that moved from one page to the next meanwhile is shown once. What was read is shown again only to who comes back by
 * the browser's history; anybody else is told what is so now.
 */
import { noticeExpiry } from './session';
import { onScopeDispose, ref, shallowRef, watch, type Ref, type ShallowRef } from 'vue';

export interface Page<T> {
  rows: readonly T[];
  /** What the next page begins after; null: there is none. */
  next: string | null;
}

export interface Paged<T> {
  /** null: not known yet. */
  rows: ShallowRef<readonly T[] | null>;
  more: Ref<boolean>;
  busy: Ref<boolean>;
  error: ShallowRef<unknown>;
  /** The next page, or the failed one again. */
  go(): Promise<void>;
  /** All that is shown, read again: what changed, came or left. It gives way to a next page. */
  renew(): Promise<void>;
}

interface Kept {
  key: string;
  rows: readonly unknown[];
  next: string | null;
  pages: number;
}

function joined<T extends { id: string }>(rows: readonly T[], more: readonly T[]): readonly T[] {
  const known = new Set(rows.map((row) => row.id));
  return [...rows, ...more.filter((row) => !known.has(row.id))];
}

/** What was read last, for whoever comes back to it: the list stands again as long as it was. */
const last = new Map<string, Kept>();

/**
 * `name`: of the list, under which its last state is kept; `key`: what is asked, a change of it begins anew; `returned`:
 * whether somebody came by the history.
 */
export function usePaged<T extends { id: string }>(
  name: string,
  key: () => string,
  load: (key: string, after: string) => Promise<Page<T>>,
  returned: () => boolean = () => false,
): Paged<T> {
  const rows = shallowRef<readonly T[] | null>(null);
  const more = ref(false);
  const busy = ref(false);
  const error = shallowRef<unknown>(null);
  let next: string | null = '';
  let pages = 0;
  let turn = 0;
  let looks = 0;

  function stand(asked: string, all: readonly T[], after: string | null, count: number): void {
    rows.value = all;
    next = after;
    pages = count;
    more.value = next !== null;
    last.set(name, { key: asked, rows: all, next, pages });
  }

  async function go(): Promise<void> {
    if (busy.value || next === null) return;
    const mine = turn;
    const asked = key();
    busy.value = true;
    error.value = null;
    try {
      const page = await load(asked, next);
      if (mine === turn) stand(asked, joined(rows.value ?? [], page.rows), page.next, pages + 1);
    } catch (failure) {
      if (mine === turn) fail(failure);
    } finally {
      if (mine === turn) busy.value = false;
    }
  }

  async function renew(): Promise<void> {
    if (busy.value) return;
    if (!rows.value) return go();
    const [mine, look, long, asked] = [turn, ++looks, pages, key()];
    const mayStand = () => mine === turn && look === looks && long === pages;
    try {
      let all: readonly T[] = [];
      let after: string | null = '';
      let count = 0;
      for (; count < long && after !== null && mayStand(); count++) {
        const page: Page<T> = await load(asked, after);
        all = joined(all, page.rows);
        after = page.next;
      }
      if (!mayStand()) return;
      stand(asked, all, after, count);
      error.value = null;
    } catch (failure) {
      if (mayStand() && !busy.value) fail(failure);
    }
  }

  function fail(failure: unknown): void {
    error.value = failure;
    noticeExpiry(failure);
  }

  function begin(): void {
    turn++;
    busy.value = false;
    error.value = null;
    const before = last.get(name);
    const same = returned() && before?.key === key() && before.rows.length > 0;
    rows.value = same ? (before.rows as readonly T[]) : null;
    next = same ? before.next : '';
    pages = same ? before.pages : 0;
    more.value = same && next !== null;
    if (!same) void go();
  }

  watch(key, begin, { immediate: true });
  onScopeDispose(() => turn++);
  return { rows, more, busy, error, go, renew };
}
