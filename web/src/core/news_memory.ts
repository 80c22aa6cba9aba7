/** What was seen of whose questions, kept in this browser for the last MEMORY_MAX rooms. */
import { keep, kept } from './keep';
import type { Kept } from './question_news';

const MEMORY_MAX = 30;
const NAME = 'questions_seen';

type Row = [room: string, seen_ms: number, waits: number[]];

const isRow = (row: unknown): row is Row => Array.isArray(row) && typeof row[1] === 'number' && Array.isArray(row[2]);

function all(): Row[] {
  try {
    const list: unknown = JSON.parse(kept(NAME) ?? '[]');
    return Array.isArray(list) ? list.filter(isRow) : [];
  } catch {
    return [];
  }
}

/** `room`: of one person. */
export function newsMemory(room: string) {
  return {
    kept(): Kept | null {
      const row = all().find(([known]) => known === room);
      return row ? { seen_ms: row[1], waits: row[2] } : null;
    },
    keep({ seen_ms, waits }: Kept): void {
      const others = all().filter(([known]) => known !== room);
      const mine: Row[] = seen_ms || waits.length ? [[room, seen_ms, [...waits]]] : [];
      keep(NAME, JSON.stringify([...others, ...mine].slice(-MEMORY_MAX)));
    },
  };
}
