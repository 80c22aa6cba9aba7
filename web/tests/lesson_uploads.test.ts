import { beforeEach, describe, expect, it } from 'vitest';
import { reactive } from 'vue';
import type { Asset } from '../src/api/make_types';
import { LessonUploads } from '../src/core/lesson_uploads';
import type { UploadItem } from '../src/core/upload_queue';

let items: UploadItem[];
let kept: string;
let put: [string, string][];
let pages: number;
let server: Asset[];

const item = (key: number, more: Partial<UploadItem> = {}): UploadItem => ({
  key, name: `${key}.mp4`, bytes: 100, kind: 'media', phase: 'waiting', sent: 0, resumedAt: 0, speed: null, leftMs: null, error: null, wrong: null, mark: '', url: '', ...more,
});
const add = (one: UploadItem) => items[items.push(one) - 1] as UploadItem;
const asset = (id: string, upload_id: string) => ({ id, upload_id, kind: 'video' }) as Asset;
const open = () => new LessonUploads({ items: () => items, kept: () => kept, keep: (text) => void (kept = text) });
/** As the page is loaded anew: the queue is empty, what was kept is kept. */
const reload = () => {
  items = reactive([]);
  return open();
};
const PAGE = 50;
async function page(after: string) {
  pages++;
  const from = after ? server.findIndex((one) => one.id === after) + 1 : 0;
  const assets = server.slice(from, from + PAGE);
  return { assets, next: from + PAGE < server.length ? (assets[assets.length - 1]?.id ?? null) : null };
}
const take = (lesson: string, is: Asset) => {
  put.push([lesson, is.id]);
  return true;
};

beforeEach(() => {
  [items, kept, put, pages, server] = [reactive([]), '', [], 0, []];
});

describe("a lesson's file", () => {
  it('belongs to it from the moment it is picked, before there is an address', () => {
    const all = open();
    const one = add(item(1));
    all.tie('lesson', one);
    expect(all.itemOf('lesson')?.key).toBe(1);
    expect(all.waiting).toBe(false);
    one.phase = 'refused';
    expect(all.itemOf('lesson')?.phase).toBe('refused');
  });

  it('that waited for its turn is remembered over a reload, and known again when it is picked', () => {
    open().tie('lesson', add(item(1)));
    const all = reload();
    expect(all.ties.get('lesson')?.name).toBe('1.mp4');
    expect(all.itemOf('lesson')).toBeUndefined();
    add(item(9, { name: '1.mp4', bytes: 99 }));
    expect(all.itemOf('lesson')).toBeUndefined();
    add(item(10, { name: '1.mp4' }));
    expect(all.itemOf('lesson')?.key).toBe(10);
  });

  it('arrives though the address it was begun at had expired and another was given', async () => {
    const all = open();
    const one = add(item(1, { url: '/files/old' }));
    all.tie('lesson', one);
    one.phase = 'sending';
    one.url = '/files/new';
    one.phase = 'done';
    expect(all.waiting).toBe(true);
    server = [asset('a', 'new')];
    await all.arrive(page, take);
    expect(put).toEqual([['lesson', 'a']]);
    expect(all.ties.size).toBe(0);
    expect(kept).toBe('');
  });

  it('picked again after a reload gets another address, and is followed by its print', async () => {
    const one = add(item(1));
    open().tie('lesson', one);
    Object.assign(one, { mark: 'm', url: '/files/old' });
    const all = reload();
    const again = add(item(2, { name: 'renamed.mp4', mark: 'm', url: '/files/old' }));
    again.url = '/files/new';
    expect(all.ties.get('lesson')?.upload).toBe('new');
  });

  it('is sought on all pages once, and among the newest after that', async () => {
    const one = add(item(1, { url: '/files/x' }));
    open().tie('lesson', one);
    server = Array.from({ length: 120 }, (_, i) => asset(`a${i}`, `u${i}`));
    const all = reload();
    await all.arrive(page, take);
    expect([pages, put.length]).toEqual([3, 0]);
    await all.arrive(page, take);
    expect(pages).toBe(4);
    server = [asset('fresh', 'x'), ...server];
    await all.arrive(page, take);
    expect(put).toEqual([['lesson', 'fresh']]);
  });

  it('is found on the third page', async () => {
    open().tie('lesson', add(item(1, { url: '/files/u119' })));
    server = Array.from({ length: 120 }, (_, i) => asset(`a${i}`, `u${i}`));
    await reload().arrive(page, take);
    expect(put).toEqual([['lesson', 'a119']]);
  });

  it('waits on when it could not be put into its lesson', async () => {
    open().tie('lesson', add(item(1, { url: '/files/x' })));
    server = [asset('a', 'x')];
    const all = reload();
    await all.arrive(page, () => false);
    expect(all.ties.size).toBe(1);
    await all.arrive(page, take);
    expect(put).toEqual([['lesson', 'a']]);
  });

  it('does not come any more once something else was chosen', async () => {
    const all = open();
    all.tie('lesson', add(item(1, { url: '/files/x', phase: 'done' })));
    server = [asset('a', 'x')];
    all.drop('lesson');
    await all.arrive(page, take);
    expect(put).toEqual([]);
    all.tie('lesson', add(item(2, { url: '/files/x', phase: 'done' })));
    await all.arrive(async (after) => {
      all.drop('lesson'); // chosen while the question was under way
      return page(after);
    }, take);
    expect(put).toEqual([]);
  });

  it('that was cancelled is forgotten; one that is done and cleared is not', () => {
    const all = open();
    all.tie('a', add(item(1)));
    all.tie('b', add(item(2, { url: '/files/x' })));
    items[1]!.phase = 'done';
    items.splice(0, 2);
    expect([...all.ties.keys()]).toEqual(['b']);
  });

  it('of a lesson that is no more is forgotten', () => {
    const all = open();
    all.tie('a', add(item(1)));
    all.tie('b', add(item(2)));
    all.keepOnly(new Set(['b']));
    expect([...all.ties.keys()]).toEqual(['b']);
    expect(kept).not.toContain('1.mp4');
  });

  it('as an earlier page kept it is known', async () => {
    kept = '[["lesson","x"]]';
    server = [asset('a', 'x')];
    await open().arrive(page, take);
    expect(put).toEqual([['lesson', 'a']]);
  });
});
