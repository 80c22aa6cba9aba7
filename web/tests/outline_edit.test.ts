import { describe, expect, it } from 'vitest';
import type { DraftChapter, DraftLesson } from '../src/api/make_types';
import { applyOp, dropChapter, dropLesson, newId, placeOfLesson, stepChapter, stepLesson, type OutlineOp } from '../src/core/outline_edit';
import { UNDO_MAX, UndoStack } from '../src/core/undo';

const lesson = (id: string): DraftLesson => ({ id, title: id, kind: 'video', module: '' });
const chapter = (id: string, ...lessons: string[]): DraftChapter => ({ id, title: id, lessons: lessons.map(lesson) });
const course = () => [chapter('A', 'a1', 'a2', 'a3'), chapter('B', 'b1'), chapter('C')];
const shape = (chapters: readonly DraftChapter[]) => chapters.map((one) => `${one.id}:${one.lessons.map((is) => is.id).join('')}`).join(' ');

function done(chapters: readonly DraftChapter[], op: OutlineOp | null): string {
  const changed = op && applyOp(chapters, op);
  return changed ? shape(changed.chapters) : 'nothing';
}

describe('the outline', () => {
  it.each<[string, string | null, string]>([
    ['A', 'C', 'B:b1 A:a1a2a3 C:'],
    ['A', null, 'B:b1 C: A:a1a2a3'],
    ['C', 'A', 'C: A:a1a2a3 B:b1'],
    ['A', 'B', 'nothing'],
    ['B', 'B', 'nothing'],
    ['C', null, 'nothing'],
    ['X', 'A', 'nothing'],
  ])('chapter %s dropped before %s', (id, before, expected) => {
    expect(done(course(), dropChapter(course(), id, before))).toBe(expected);
  });

  it.each<[string, -1 | 1, string]>([
    ['a1', 1, 'A:a2a1a3 B:b1 C:'],
    ['a1', -1, 'nothing'],
    ['a3', 1, 'A:a1a2 B:a3b1 C:'],
    ['b1', -1, 'A:a1a2a3b1 B: C:'],
    ['b1', 1, 'A:a1a2a3 B: C:b1'],
    ['zz', 1, 'nothing'],
  ])('a step of %s by %i goes over the border of a chapter and no further than the course', (id, by, expected) => {
    expect(done(course(), stepLesson(course(), id, by))).toBe(expected);
  });

  it.each<[string, string, string | null, string]>([
    ['a1', 'A', 'a3', 'A:a2a1a3 B:b1 C:'],
    ['a1', 'A', null, 'A:a2a3a1 B:b1 C:'],
    ['a1', 'A', 'a2', 'nothing'],
    ['a1', 'A', 'a1', 'nothing'],
    ['a3', 'A', null, 'nothing'],
    ['a2', 'C', null, 'A:a1a3 B:b1 C:a2'],
    ['b1', 'A', 'a2', 'A:a1b1a2a3 B: C:'],
    ['a2', 'X', null, 'nothing'],
  ])('%s dropped into %s before %s', (id, into, before, expected) => {
    expect(done(course(), dropLesson(course(), id, into, before))).toBe(expected);
  });

  it.each([
    ['A', 1, 'B:b1 A:a1a2a3 C:'],
    ['A', -1, 'nothing'],
    ['C', -1, 'A:a1a2a3 C: B:b1'],
  ] as const)('a chapter moves with its lessons', (id, by, expected) => {
    expect(done(course(), stepChapter(course(), id, by))).toBe(expected);
  });

  it('a deleted chapter comes back with its lessons, where it was', () => {
    const gone = applyOp(course(), { do: 'removeChapter', id: 'A' });
    expect(shape(gone?.chapters ?? [])).toBe('B:b1 C:');
    expect(done(gone?.chapters ?? [], gone?.inverse ?? null)).toBe(shape(course()));
  });

  it('a deleted lesson whose chapter is gone too comes back in the last one', () => {
    const one = applyOp(course(), { do: 'removeLesson', id: 'b1' });
    const two = applyOp(one?.chapters ?? [], { do: 'removeChapter', id: 'B' });
    expect(done(two?.chapters ?? [], one?.inverse ?? null)).toBe('A:a1a2a3 C:b1');
  });

  it('nothing stands twice: what is there already is not inserted', () => {
    expect(applyOp(course(), { do: 'insertLesson', chapter: 'B', at: 0, lesson: lesson('a1') })).toBeNull();
    expect(applyOp(course(), { do: 'insertChapter', at: 0, chapter: chapter('B') })).toBeNull();
  });

  it('what it was given is never changed', () => {
    const given = course();
    for (const op of [{ do: 'removeLesson', id: 'a1' }, { do: 'moveLesson', id: 'a1', chapter: 'C', at: 0 }, { do: 'removeChapter', id: 'B' }] as const) applyOp(given, op);
    expect(given).toEqual(course());
  });

  it('any row of changes, taken back one by one, ends where it began', () => {
    let seed = 7;
    const any = (n: number) => (seed = (seed * 48271) % 2147483647) % n;
    for (let round = 0; round < 200; round++) {
      let now: DraftChapter[] = course();
      const inverses: OutlineOp[] = [];
      for (let i = 0; i < 12; i++) {
        const ids = now.flatMap((one) => one.lessons).map((one) => one.id);
        const id = ids[any(Math.max(1, ids.length))] ?? 'a1';
        const home = now[any(Math.max(1, now.length))]?.id ?? 'A';
        const ops: OutlineOp[] = [
          { do: 'removeLesson', id },
          { do: 'moveLesson', id, chapter: home, at: any(5) },
          { do: 'insertLesson', chapter: home, at: any(4), lesson: lesson(`n${round}-${i}`) },
          { do: 'moveChapter', id: home, at: any(4) },
          { do: 'removeChapter', id: home },
          { do: 'insertChapter', at: any(4), chapter: chapter(`N${round}-${i}`) },
        ];
        const changed = applyOp(now, ops[any(ops.length)] as OutlineOp);
        if (!changed) continue;
        now = changed.chapters;
        inverses.push(changed.inverse);
      }
      for (const inverse of inverses.reverse()) now = applyOp(now, inverse)?.chapters ?? [];
      expect(shape(now)).toBe(shape(course()));
    }
  });

  it('ids are 12 letters of the server’s own alphabet', () => {
    expect(newId()).toMatch(/^[a-z2-7]{12}$/);
    expect(placeOfLesson(course(), 'b1')).toEqual({ chapter: 1, at: 0 });
  });
});

describe('undoing', () => {
  const stack = () => {
    const all = new UndoStack<number>();
    for (const n of [1, 2, 3]) all.did({ op: n, text: `did ${n}` });
    return all;
  };

  it('goes back in order, and forward again until something new is done', () => {
    const all = stack();
    expect(all.undo((op) => -op)?.text).toBe('did 3');
    expect(all.undo((op) => -op)?.text).toBe('did 2');
    expect(all.redo((op) => -op)).toEqual({ op: -2, text: 'did 2' });
    all.did({ op: 9, text: 'new' });
    expect(all.redo((op) => -op)).toBeNull();
    expect(all.top?.text).toBe('new');
  });

  it('what can no longer be taken back is forgotten', () => {
    const all = stack();
    expect(all.undo(() => null)).toBeNull();
    expect(all.top?.text).toBe('did 2');
    expect(all.redo((op) => op)).toBeNull();
  });

  it('remembers so many deeds and no more', () => {
    const all = new UndoStack<number>();
    for (let n = 0; n < UNDO_MAX + 5; n++) all.did({ op: n, text: '' });
    let count = 0;
    while (all.undo((op) => op)) count++;
    expect(count).toBe(UNDO_MAX);
  });
});
