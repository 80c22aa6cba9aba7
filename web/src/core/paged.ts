/**
 * A list that comes in pages, each asked for when the reader has come so far. Only the newest question counts; a row
 * that moved from one page to the next meanwhile is shown once.
 */
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
}

interface Kept {
  key: string;
  rows: readonly unknown[];
  next: string | null;
}

/** What was read last, for whoever comes back to it: the list stands again as long as it was. */
const last = new Map<string, Kept>();

/** `name`: of the list, under which its last state is kept; `key`: what is asked, a change of it begins anew. */
export function usePaged<T extends { id: string }>(
  name: string,
  key: () => string,
  load: (key: string, after: string) => Promise<Page<T>>,
): Paged<T> {
  const rows = shallowRef<readonly T[] | null>(null);
  const more = ref(false);
  const busy = ref(false);
  const error = shallowRef<unknown>(null);
  let next: string | null = '';
  let turn = 0;

  function take(asked: string, page: Page<T>): void {
    const known = new Set(rows.value?.map((row) => row.id));
    rows.value = [...(rows.value ?? []), ...page.rows.filter((row) => !known.has(row.id))];
    next = page.next;
    more.value = next !== null;
    last.set(name, { key: asked, rows: rows.value, next });
  }

  async function go(): Promise<void> {
    if (busy.value || next === null) return;
    const mine = turn;
    const asked = key();
    busy.value = true;
    error.value = null;
    try {
      const page = await load(asked, next);
      if (mine === turn) take(asked, page);
    } catch (failure) {
      if (mine === turn) error.value = failure;
    } finally {
      if (mine === turn) busy.value = false;
    }
  }

  function begin(): void {
    turn++;
    busy.value = false;
    error.value = null;
    const before = last.get(name);
    const same = before?.key === key() && before.rows.length > 0;
    rows.value = same ? (before.rows as readonly T[]) : null;
    next = same ? before.next : '';
    more.value = same && next !== null;
    if (!same) void go();
  }

  watch(key, begin, { immediate: true });
  onScopeDispose(() => turn++);
  return { rows, more, busy, error, go };
}
