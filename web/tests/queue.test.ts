import { afterEach, describe, expect, it, vi } from 'vitest';
import { jobs } from '../src/api/make_calls';
import en from '../src/words/staff_en';
import zh from '../src/words/staff_zh';

/** A queue of so many jobs, a hundred at a time, that has moved up by `moved` before each further page. */
function serve(all: number, moved = 0): string[] {
  const asked: string[] = [];
  vi.stubGlobal('fetch', async (path: string) => {
    asked.push(path);
    const from = Number(new URL(path, 'http://here').searchParams.get('from'));
    const first = from ? from - moved : 0;
    const page = Array.from({ length: Math.min(100, all - first) }, (_, i) => ({ id: `j${first + i}` }));
    return new Response(JSON.stringify({ jobs: page, more: all - first - page.length, paused: false, running: 1, cores: 2 }));
  });
  return asked;
}
afterEach(() => vi.unstubAllGlobals());

describe('a long queue', () => {
  it('is asked for a page at a time, and says how many are behind it', async () => {
    const asked = serve(250);
    const got = await jobs('open');
    expect([got.jobs.length, got.more]).toEqual([100, 150]);
    expect(asked).toEqual(['/api/v1/jobs?state=open&from=0']);
  });

  it('is there whole once as many pages are wanted, and no page is asked for behind the last', async () => {
    const asked = serve(250);
    const got = await jobs('ended', 7);
    expect([got.jobs.length, got.more]).toEqual([250, 0]);
    expect(asked.map((path) => path.replace(/.*from=/, ''))).toEqual(['0', '100', '200']);
  });

  it('names a job once though the queue moves between two pages', async () => {
    serve(150, 3);
    const got = await jobs('open', 2);
    expect(new Set(got.jobs.map((one) => one.id)).size).toBe(got.jobs.length);
    expect(got.jobs.length).toBe(150);
  });

  it('is told in both languages', () => {
    expect([zh.queue.more(12), zh.queue.more(1000), en.queue.more(12)]).toEqual(['还有 12 个', '还有 1000 多个', '12 more']);
  });
});
