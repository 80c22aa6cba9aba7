import { describe, expect, it } from 'vitest';
import { effectScope, nextTick, ref } from 'vue';
import { askedOf, filtersOf, narrowing, widest, without } from '../src/core/filters';
import { usePaged, type Page } from '../src/core/paged';

const of = (query: string) => filtersOf(new URLSearchParams(query));

describe('what is looked for', () => {
  it('goes into the address and comes back the same', () => {
    const query = 'q=%E7%84%8A%E5%B7%A5&occupation=2022%3A6-18-02-04&level=5&tag=urgent&module=safety&free=1&sort=hours';
    expect(new URLSearchParams(askedOf(of(query))).toString()).toBe(query);
    expect(askedOf(of(''))).toEqual({});
  });

  it('takes nothing from a link that is no filter of ours', () => {
    const is = of(`level=9&module=<b>&sort=x&free=yes&occupation=javascript:alert(1)&q=${'长'.repeat(99)}`);
    expect(is).toMatchObject({ level: '', module: '', sort: '', free: false, occupation: '' });
    expect(is.q).toHaveLength(60);
  });

  it('is narrowed by all but words and order, and widened one by one or at once', () => {
    const is = of('q=hg&level=5&free=1&sort=hours');
    expect(narrowing(is)).toEqual(['level', 'free']);
    expect(narrowing(without(is, 'free'))).toEqual(['level']);
    expect(askedOf(widest(is))).toEqual({ q: 'hg', sort: 'hours' });
  });
});

describe('a list in pages', () => {
  type Row = { id: string };
  const rows = (...ids: string[]): Row[] => ids.map((id) => ({ id }));
  let lists = 0;

  function open(answer: (key: string, after: string) => Promise<Page<Row>>, name = `list ${++lists}`, returned = false) {
    const key = ref('a');
    const scope = effectScope();
    const list = scope.run(() => usePaged<Row>(name, () => key.value, answer, () => returned))!;
    return { key, list, name, end: () => scope.stop() };
  }
  const settle = async () => {
    for (let i = 0; i < 5; i++) await nextTick();
  };
  const ids = (list: { rows: { value: readonly Row[] | null } }) => list.rows.value?.map((row) => row.id).join('') ?? null;

  it('grows page by page to its end, each row once', async () => {
    const pages: Record<string, Page<Row>> = { '': { rows: rows('1', '2'), next: 'x' }, x: { rows: rows('2', '3'), next: null } };
    const { list } = open(async (_key, after) => pages[after] as Page<Row>);
    await settle();
    expect([ids(list), list.more.value]).toEqual(['12', true]);
    await list.go();
    expect([ids(list), list.more.value]).toEqual(['123', false]);
    await list.go();
    expect(ids(list)).toBe('123');
  });

  it('begins anew when another thing is asked, and a late answer to the old question is let go', async () => {
    const waiting: Record<string, (page: Page<Row>) => void> = {};
    const { key, list } = open((asked) => new Promise((take) => (waiting[asked] = take)));
    key.value = 'b';
    await nextTick();
    waiting.b?.({ rows: rows('9'), next: null });
    waiting.a?.({ rows: rows('1'), next: 'x' });
    await settle();
    expect([ids(list), list.more.value, list.busy.value]).toEqual(['9', false, false]);
  });

  it('keeps what it has when a page fails, and goes on from there', async () => {
    let broken = false;
    const { list } = open(async (_key, after) => {
      if (broken) throw new Error('offline');
      return after ? { rows: rows('2'), next: null } : { rows: rows('1'), next: 'x' };
    });
    await settle();
    broken = true;
    await list.go();
    expect([ids(list), list.error.value instanceof Error]).toEqual(['1', true]);
    broken = false;
    await list.go();
    expect([ids(list), list.error.value]).toEqual(['12', null]);
  });

  it('is read again as far as it is shown, whatever came, left or changed; what is late is let go', async () => {
    const all: Record<string, Page<Row & { word?: string }>> = { '': { rows: rows('1', '2'), next: 'x' }, x: { rows: rows('3'), next: 'y' }, y: { rows: rows('4'), next: null } };
    const { list } = open(async (_key, after) => all[after]!);
    await settle();
    await list.go();
    all[''] = { rows: [{ id: '0' }, { id: '1', word: 'new' }], next: 'x' };
    await list.renew();
    expect([ids(list), list.rows.value?.[1], list.more.value]).toEqual(['013', { id: '1', word: 'new' }, true]);
    const old = list.renew();
    all[''] = { rows: rows('1'), next: 'x' };
    await Promise.all([list.renew(), old]);
    expect(ids(list)).toBe('13');
    const late = list.renew();
    await Promise.all([list.go(), list.go(), late]); // pressed twice, and once is enough
    expect([ids(list), list.more.value]).toEqual(['134', false]);
  });

  it('shows who comes anew what is so now, and not what was', async () => {
    let now = rows('1');
    const first = open(async () => ({ rows: now, next: null }));
    await settle();
    first.end();
    now = rows('2', '1');
    const second = open(async () => ({ rows: now, next: null }), first.name);
    expect(ids(second.list)).toBeNull();
    await settle();
    expect(ids(second.list)).toBe('21');
  });

  it('stands as it stood for who comes back to the same question', async () => {
    let asked = 0;
    const answer = async (_key: string, after: string) => {
      asked++;
      return after ? { rows: rows('2'), next: null } : { rows: rows('1'), next: 'x' };
    };
    const first = open(answer);
    await settle();
    await first.list.go();
    first.end();
    const second = open(answer, first.name, true);
    expect([ids(second.list), second.list.more.value, asked]).toEqual(['12', false, 2]);
  });
});
