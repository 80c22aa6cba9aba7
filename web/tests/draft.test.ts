// @ts-expect-error: tests run in node, whose types the page does without
import { readFileSync } from 'node:fs';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { ApiError } from '../src/api/http';
import { publishCourse } from '../src/api/make_calls';
import type { Asset, Draft, DraftPage, Job } from '../src/api/make_types';
import { DraftSync, LATEST_MS, PAUSE_MS, type Kept } from '../src/core/draft_sync';
import { fieldOf, hoursOf, lessonAt, pathOfLesson, pathsOutward, problemsAt, titleOfFile } from '../src/core/draft_view';
import { jobList, placeBefore, placeStep } from '../src/core/job_list';
import { isLow, partsOf } from '../src/core/storage';
import { troubleHint, troubleText } from '../src/core/staff_words';
import en from '../src/words/staff_en';
import zh from '../src/words/staff_zh';
import { problemText } from '../src/admin/EditorPage/problem_text';
import { FakeClock } from './clock';

const draft = (title: string, more: Partial<Draft> = {}): Draft => ({
  title, summary: '', occupation: null, level: '', tags: [], declared_hours: 0, hour_minutes: 45,
  rule: { coverage_permille: 900, minutes: 0 }, modules_required: [], masters: [], free_from_ms: null, free_until_ms: null,
  cover_asset: '', viewing: null, chapters: [], ...more,
});
const page = (edit: number, is: Draft): DraftPage => ({ course_id: 'c', edit, state: 'draft', version: 0, changed_ms: 1000 + edit, draft: is, problems: [], review: null });

let clock: FakeClock;
let server: DraftPage;
let kept: Kept | null;
let fails: unknown[];
let saves: string[];
let sync: DraftSync;

function open(): Promise<void> {
  sync = new DraftSync({
    load: async () => server,
    save: async (edit, is) => {
      saves.push(is.title);
      const failure = fails.shift();
      if (failure) throw failure;
      if (edit !== server.edit) throw new ApiError('edited_elsewhere', 409);
      return (server = page(edit + 1, is));
    },
    kept: () => kept,
    keep: (what) => (kept = what),
    clock,
    utc: () => clock.now(),
  });
  return sync.open();
}

beforeEach(() => {
  [clock, server, kept, fails, saves] = [new FakeClock(), page(3, draft('one')), null, [], []];
});

describe('a draft', () => {
  it('is sent once the typing rests, and told as saved', async () => {
    await open();
    for (const title of ['t', 'tw', 'two']) {
      sync.change(draft(title));
      await clock.pass(PAUSE_MS - 100);
    }
    expect(saves).toEqual([]);
    await clock.pass(100);
    expect(saves).toEqual(['two']);
    expect(sync.state.phase).toBe('saved');
    expect(sync.state.savedMs).toBe(1004);
    expect(kept).toBeNull();
  });

  it('is sent after a while though the typing never rests', async () => {
    await open();
    for (let ms = 0; ms < LATEST_MS; ms += 500) {
      sync.change(draft(`at ${ms}`));
      await clock.pass(500);
    }
    expect(saves.length).toBe(1);
  });

  it('what is typed while it is being saved is saved next', async () => {
    await open();
    sync.change(draft('two'));
    const going = sync.flush();
    sync.change(draft('three'));
    await going;
    await clock.pass(PAUSE_MS);
    expect(server.draft.title).toBe('three');
    expect(sync.state.phase).toBe('saved');
  });

  it('is kept here while there is no line, and sent when it is back', async () => {
    await open();
    fails = [new ApiError('offline', 0), new ApiError('offline', 0)];
    sync.change(draft('two'));
    await clock.pass(PAUSE_MS);
    expect(sync.state.phase).toBe('offline');
    expect(kept?.draft.title).toBe('two');
    sync.wake();
    await clock.pass(0);
    expect(sync.state.phase).toBe('offline');
    await clock.pass(4000);
    expect(sync.state.phase).toBe('saved');
    expect(server.draft.title).toBe('two');
  });

  it('what a closed browser kept is sent at the next visit', async () => {
    kept = { edit: 3, at: 0, draft: draft('kept') };
    await open();
    await clock.pass(0);
    expect(server.draft.title).toBe('kept');
    expect(kept).toBeNull();
  });

  it('what it kept of an older edit is asked about', async () => {
    kept = { edit: 2, at: 0, draft: draft('kept') };
    await open();
    expect(sync.state.phase).toBe('conflict');
    expect(sync.state.draft?.title).toBe('kept');
    expect(saves).toEqual([]);
  });

  it('saved elsewhere meanwhile: nothing is overwritten before the person chose', async () => {
    await open();
    server = page(4, draft('theirs'));
    sync.change(draft('mine'));
    await clock.pass(PAUSE_MS);
    expect(sync.state.phase).toBe('conflict');
    sync.change(draft('mine too'));
    await clock.pass(60_000);
    expect(server.draft.title).toBe('theirs');
    await sync.choose('mine');
    expect(server.draft.title).toBe('mine too');
    expect(sync.state.phase).toBe('saved');
  });

  it('theirs can be taken too', async () => {
    await open();
    server = page(4, draft('theirs'));
    sync.change(draft('mine'));
    await clock.pass(PAUSE_MS);
    await sync.choose('theirs');
    expect(sync.state.draft?.title).toBe('theirs');
    expect(server.edit).toBe(4);
    expect(kept).toBeNull();
  });

  it('the same saved twice is no conflict', async () => {
    await open();
    server = page(4, draft('two'));
    sync.change(draft('two'));
    await clock.pass(PAUSE_MS);
    expect(sync.state.phase).toBe('saved');
  });

  it('what the server does not take is told, and tried again with the next change', async () => {
    await open();
    fails = [new ApiError('too_long', 400)];
    sync.change(draft('bad'));
    await clock.pass(PAUSE_MS);
    expect(sync.state.phase).toBe('refused');
    sync.change(draft('good'));
    await clock.pass(PAUSE_MS);
    expect(sync.state.phase).toBe('saved');
  });

  it('a deed waits until all is saved, and does not happen when it cannot be', async () => {
    await open();
    sync.change(draft('two'));
    expect(await sync.flush()).toBe(true);
    fails = [new ApiError('offline', 0), new ApiError('offline', 0), new ApiError('offline', 0)];
    sync.change(draft('three'));
    expect(await sync.flush()).toBe(false);
  });
});

/** As the server writes it: its own order of fields, what was left out as nothing. */
const asServed = (is: Draft): Draft => {
  const lesson = { asset_id: '', title_id: '', class_id: '', handout_id: '', url: '' };
  const chapters = is.chapters.map((one) => ({ lessons: one.lessons.map((has) => ({ ...lesson, ...has })), title: one.title, id: one.id }));
  return { ...Object.fromEntries(Object.entries(is).reverse()), chapters, rule: { general_max_permille: null, ...is.rule } } as unknown as Draft;
};
const WITH_LESSON = { chapters: [{ id: 'A', title: 'a', lessons: [{ id: 'l', title: 'x', kind: 'link' as const, module: '' as const }] }] };

describe('a draft and its own earlier savings', () => {
  it('what is typed while it is being saved is kept on top of what was saved', async () => {
    await open();
    let answer = () => {};
    const saves = (sync as unknown as { parts: { save: unknown } }).parts;
    saves.save = (edit: number, is: Draft) => new Promise((done) => (answer = () => done((server = page(edit + 1, is)))));
    sync.change(draft('two'));
    await clock.pass(PAUSE_MS);
    sync.change(draft('three'));
    expect(kept?.edit).toBe(3);
    answer();
    await clock.pass(0);
    expect(sync.state.phase).toBe('dirty');
    expect(kept).toMatchObject({ edit: 4, draft: { title: 'three' } });
  });

  it('leaving while it is being saved sends the last change too', async () => {
    await open();
    sync.change(draft('two'));
    void sync.flush();
    sync.change(draft('three'));
    await sync.end();
    expect(server.draft.title).toBe('three');
    sync.change(draft('four'));
    await clock.pass(60_000);
    expect(server.draft.title).toBe('three');
    expect(kept?.draft.title).toBe('four');
  });

  it.each([[false], [true]])('an answer that was lost is no conflict with oneself (reloaded: %s)', async (reloaded) => {
    await open();
    const loses = async (edit: number, is: Draft) => {
      server = page(edit + 1, asServed(is));
      throw new ApiError('timeout', 0);
    };
    fails = [];
    (sync as unknown as { parts: { save: unknown } }).parts.save = loses;
    sync.change(draft('two', WITH_LESSON));
    await clock.pass(PAUSE_MS);
    expect(sync.state.phase).toBe('offline');
    (sync as unknown as { parts: { save: unknown } }).parts.save = async (edit: number, is: Draft) => {
      if (edit !== server.edit) throw new ApiError('edited_elsewhere', 409);
      return (server = page(edit + 1, is));
    };
    sync.change(draft('three', WITH_LESSON));
    if (reloaded) await open();
    await clock.pass(10_000);
    expect(sync.state.phase).toBe('saved');
    expect(server.draft.title).toBe('three');
  });

  it('the same draft in the order the server writes is the same', async () => {
    await open();
    server = page(4, asServed(draft('two', WITH_LESSON)));
    sync.change(draft('two', WITH_LESSON));
    await clock.pass(PAUSE_MS);
    expect(sync.state.phase).toBe('saved');
  });

  it('an answer older than the last saving changes nothing', async () => {
    await open();
    const old = server;
    sync.change(draft('two'));
    await clock.pass(PAUSE_MS);
    sync.renew(old);
    expect(sync.state.draft?.title).toBe('two');
    expect(sync.state.page?.edit).toBe(4);
  });

  it("somebody else's saving that a look brings is not taken while something here is unsaved", async () => {
    await open();
    sync.change(draft('mine'));
    server = page(4, draft('theirs'));
    sync.renew(server);
    await clock.pass(PAUSE_MS);
    expect(sync.state.phase).toBe('conflict');
    expect(server.draft.title).toBe('theirs');
  });

  it('the problems a look brings of the same saving are taken, and what is typed stays', async () => {
    await open();
    sync.change(draft('mine'));
    sync.renew({ ...server, problems: [{ code: 'x', path: 'title' }] });
    expect(sync.state.page?.problems.length).toBe(1);
    expect(sync.state.draft?.title).toBe('mine');
  });

  it('a look that finds another saving is taken while nothing is unsaved', async () => {
    await open();
    sync.renew(page(4, draft('theirs')));
    expect(sync.state.draft?.title).toBe('theirs');
  });
});

describe('publishing', () => {
  it('says which draft was seen', async () => {
    const asked: string[] = [];
    vi.stubGlobal('fetch', async (_: string, init: RequestInit) => {
      asked.push(String(init.body));
      return new Response('{}');
    });
    await publishCourse('c', 'note', 7);
    vi.unstubAllGlobals();
    expect(asked.map((one) => JSON.parse(one))).toEqual([{ note: 'note', edit: 7 }]);
  });
});

describe('what a draft says', () => {
  const asset = (ms: number) => ({ duration_ms: ms }) as Asset;
  const is = draft('', {
    declared_hours: 2,
    chapters: [
      { id: 'A', title: '', lessons: [
        { id: 'a1', title: '', kind: 'video', asset_id: 'x', module: 'safety' },
        { id: 'a2', title: '', kind: 'document', handout_id: 'x', module: '' },
      ] },
      { id: 'B', title: '', lessons: [{ id: 'b1', title: '', kind: 'live', class_id: 'k', module: '' }] },
    ],
  });
  const sources = { asset: (id: string) => (id === 'x' ? asset(30 * 60_000) : undefined), classMs: () => 45.9 * 60_000 };

  it('counts measured minutes, never rounded up, against what is declared', () => {
    expect(hoursOf(is, sources)).toEqual({ measured: 75, declared: 90, general: 30, share: 75 / 90, short: 15, spare: 0 });
    expect(hoursOf({ ...is, declared_hours: 1.5 }, sources).spare).toBe(7);
    expect(hoursOf(draft(''), sources).share).toBe(0);
  });

  it('finds the way from a problem to its lesson and back', () => {
    expect(lessonAt(is, 'chapters.1.lessons.0.title')).toBe('b1');
    expect(lessonAt(is, 'chapters.1')).toBe('');
    expect(pathOfLesson(is, 'a2')).toBe('chapters.0.lessons.1');
    expect(pathsOutward('masters.0.proof')).toEqual(['masters.0.proof', 'masters.0', 'masters']);
    const problems = ['chapters.1', 'chapters.1.lessons.0', 'chapters.10'].map((path) => ({ code: 'x', path }));
    expect(problemsAt(problems, 'chapters.1').length).toBe(2);
  });

  it.each([
    ['chapter_title_missing', 'chapters.2', 'chapters.2.title'],
    ['lesson_title_too_long', 'chapters.0.lessons.1', 'chapters.0.lessons.1.title'],
    ['lesson_source_missing', 'chapters.0.lessons.1', 'chapters.0.lessons.1.source'],
    ['lesson_link_wrong', 'chapters.0.lessons.1', 'chapters.0.lessons.1.source'],
    ['master_proof_missing', 'masters.1', 'masters.1.proof'],
    ['hours_over_declared', 'declared_hours', 'declared_hours'],
  ])('%s at %s leads to %s', (code, path, field) => {
    expect(fieldOf({ code, path })).toBe(field);
  });

  it('tells a problem with its module and its numbers', () => {
    const of = draft('', { modules_required: ['law', 'fire'] });
    expect(problemText({ code: 'module_missing', path: 'modules_required.1', need: 1, text: 'The course needs a lesson' }, of)).toBe('缺少必须的通用素质模块：消防环保');
    expect(problemText({ code: 'general_share_over', path: 'rule.general_max_permille', have: 405, need: 300 }, of)).toContain('现在占 40.5%，最多 30%');
    expect(problemText({ code: 'rule_minutes_over', path: 'rule.minutes', have: 10, need: 45 }, of)).toContain('课程有 10 分钟，要求学满 45 分钟');
    expect(problemText({ code: 'title_too_long', path: 'title', have: 70, need: 60 }, of)).toContain('现在 70，最多 60');
  });

  it("knows each of the server's problems in words", () => {
    const said = readFileSync(new URL('../../server/school/problems.c', import.meta.url), 'utf8');
    const codes = [...said.matchAll(/"([a-z]+_[a-z_]+)"/g)].map((one) => one[1] as string).filter((code) => /_(missing|wrong|over|over_declared|unknown|long|lessons|tags|words|failed|ready|empty|twice|yours|text)$/.test(code));
    expect(codes).toContain('lesson_failed');
    for (const words of [zh, en]) expect([...new Set(codes)].filter((code) => !words.editor.problem[code])).toEqual([]);
  });

  it.each([
    ['平角焊_运条手法.mp4', '平角焊 运条手法'],
    ['lesson', 'lesson'],
    ['v1.2 final.mov', 'v1.2 final'],
  ])('%s is called %s', (name, title) => {
    expect(titleOfFile(name)).toBe(title);
  });
});

describe('the queue of jobs', () => {
  const job = (id: string, place: number, more: Partial<Job> = {}) => ({ id, place, state: 'queued', priority: 'normal', kind: 'transcode', ...more }) as Job;
  const { running, waiting } = jobList([
    job('n2', 2), job('r', 0, { state: 'running' }), job('n1', 1), job('low', 1, { priority: 'low' }), job('high', 9, { priority: 'high', state: 'paused' }), job('look', 1, { kind: 'probe' }),
  ]);

  it('stands in the order jobs will be taken', () => {
    expect(running.map((one) => one.id)).toEqual(['r']);
    expect(waiting.map((one) => one.id)).toEqual(['look', 'high', 'n1', 'n2', 'low']);
  });

  it.each<[string, string | null, number | null]>([
    ['n2', 'n1', 2],
    ['n2', 'high', 1],
    ['n1', null, 4],
    ['n1', 'n2', null],
    ['look', null, null],
    ['n1', 'nobody', null],
  ])('%s dropped before %s takes place %s', (id, before, place) => {
    expect(placeBefore(waiting, id, before)).toBe(place);
  });

  it('a step goes no further than the row', () => {
    expect([placeStep(waiting, 'high', -1), placeStep(waiting, 'high', 1), placeStep(waiting, 'low', 1), placeStep(waiting, 'look', 1)]).toEqual([null, 2, null, null]);
  });
});

describe('the disk', () => {
  const of = (free: number) => ({
    disk: { total_bytes: 100, free_bytes: free },
    used: { recordings: 30, live_replays: 10, sources: 0, spool: 5, handouts: 0, database: 1 },
    largest: [], retention: {},
  });

  it('is all told for: ours, others, free', () => {
    const parts = partsOf(of(40));
    expect(parts.reduce((sum, one) => sum + one.bytes, 0)).toBe(100);
    expect(parts.find((one) => one.kind === 'other')?.bytes).toBe(14);
  });

  it('is low below a tenth', () => {
    expect([isLow(of(9)), isLow(of(10))]).toEqual([true, false]);
  });
});

describe('words', () => {
  const keys = (of: object, before = ''): string[] =>
    Object.entries(of).flatMap(([key, value]) => (typeof value === 'object' && value !== null ? keys(value as object, `${before}${key}.`) : [`${before}${key}`]));

  it('are there in both languages, key by key', () => {
    expect(keys(en)).toEqual(keys(zh));
  });

  it.each(Object.keys(zh.trouble))('a file that is %s is told with what was found and what to do', (code) => {
    expect(troubleText({ code, found: 'PNG 8x8' })).toBeTruthy();
    if (code !== 'classes_first') expect(troubleHint({ code })).toBeTruthy();
  });

  it('a code nobody knows is told with what was found', () => {
    expect(troubleText({ code: 'odd', found: 'xyz' })).toContain('xyz');
  });
});
