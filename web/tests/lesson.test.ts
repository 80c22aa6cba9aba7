import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { effectScope, nextTick } from 'vue';
import type { CourseProgress, Lesson, LessonNote, Span } from '../src/api/types';
import { fitting } from '../src/core/captions';
import { conditionsOf } from '../src/core/conditions';
import { useCountdown } from '../src/core/countdown';
import { gapFrom, gapsOf, isWhole } from '../src/core/gaps';
import { isForPlayer } from '../src/core/keys';
import { fileName, inOrder, notesText, withNote } from '../src/core/notes';
import { isWatched, nextLesson, outlineOf } from '../src/core/course_outline';
import { cuesOf } from '../src/core/vtt';
import { barsOf, flatBars } from '../src/core/wave';
import { FakeClock } from './clock';

const lesson = (id: string, more: Partial<Lesson> = {}): Lesson => ({
  id,
  title: id,
  kind: 'recorded',
  title_id: `t${id}`,
  class_id: null,
  state: 'ready',
  duration_ms: 60_000,
  progress: null,
  poster: null,
  ...more,
});
const done = { covered_ms: 60_000, credited_ms: 60_000, content_ms: 60_000, complete: true };

describe('the outline of a course', () => {
  const lessons = [lesson('a', { progress: done }), lesson('b'), lesson('p', { kind: 'document', duration_ms: 0 }), lesson('c')];

  it('has its lessons in their chapters, numbered through, and what stands in none at the end', () => {
    const parts = outlineOf({ lessons, chapters: [{ id: '1', title: '引弧', lesson_ids: ['b', 'a', 'gone'] }] });
    expect(parts.map((part) => [part.title, part.first, part.lessons.map((one) => one.id).join()])).toEqual([
      ['引弧', 1, 'b,a'],
      ['', 3, 'p,c'],
    ]);
    expect(parts.map(({ count, done: learnt, length_ms }) => [count, learnt, length_ms])).toEqual([
      [2, 1, 120_000],
      [1, 0, 60_000],
    ]);
  });

  it('is one part without chapters, and leaves out chapters with nothing in them', () => {
    expect(outlineOf({ lessons })).toHaveLength(1);
    expect(outlineOf({ lessons, chapters: [{ id: '1', title: 'x', lesson_ids: [] }] })).toHaveLength(1);
    expect(outlineOf({ lessons: [] })).toEqual([]);
  });

  it('goes on with what is on air, else with the first not learnt, and never with a handout while there is a lesson', () => {
    expect(nextLesson(lessons)?.id).toBe('b');
    expect(nextLesson([...lessons, lesson('live', { kind: 'live', state: 'on_air', duration_ms: 0 })])?.id).toBe('live');
    expect(nextLesson([lesson('a', { progress: done })])?.id).toBe('a');
    expect(nextLesson([lesson('p', { kind: 'document', duration_ms: 0 }), lesson('b')])?.id).toBe('b');
    expect(nextLesson([])).toBeUndefined();
    expect(isWatched(lesson('l', { kind: 'link' }))).toBe(false);
  });
});

describe('what was not seen yet', () => {
  it.each<[Span[], Span[]]>([
    [[], [[0, 60_000]]],
    [[[0, 60_000]], []],
    [[[0, 10_000], [20_000, 59_000]], [[10_000, 20_000]]],
    [[[1000, 30_000]], [[30_000, 60_000]]],
    [[[0, 30_000], [31_500, 60_000]], []],
    [[[0, 90_000]], []],
  ])('of %j is %j', (covered, gaps) => {
    expect(gapsOf(covered, 60_000)).toEqual(gaps);
  });

  it('is gone back to behind the playhead only when nothing is ahead', () => {
    const gaps: Span[] = [[0, 5000], [20_000, 30_000]];
    expect(gapFrom(gaps, 10_000)).toEqual([20_000, 30_000]);
    expect(gapFrom(gaps, 40_000)).toEqual([0, 5000]);
    expect(gapFrom([], 0)).toBeUndefined();
  });

  it('is not told of a title with holes', () => {
    expect(isWhole(59_000, 60_000)).toBe(true);
    expect(isWhole(40_000, 60_000)).toBe(false);
  });
});

describe('captions', () => {
  it('are read out of WebVTT with whatever a file may have around them', () => {
    const file = [
      '\ufeffWEBVTT - 焊接',
      'Kind: captions',
      '',
      'NOTE made by hand',
      '',
      'STYLE',
      '::cue { color: red }',
      '',
      '1',
      '00:01.000 --> 00:02.500 align:start',
      '<v 赵铁柱>起弧要<b>快</b></v>',
      '第二行 &amp; 完',
      '',
      '1:00:00.000 --> 1:00:01.000',
      'late',
      '',
      '00:05,000 --> 00:04.000',
      'backwards',
      '',
      '00:00.500 --> 00:00.900',
      'first',
    ].join('\r\n');
    expect(cuesOf(file)).toEqual([
      { from_ms: 500, to_ms: 900, text: 'first' },
      { from_ms: 1000, to_ms: 2500, text: '起弧要快\n第二行 & 完' },
      { from_ms: 3_600_000, to_ms: 3_601_000, text: 'late' },
    ]);
    expect(cuesOf('')).toEqual([]);
    expect(cuesOf('no captions at all')).toEqual([]);
  });

  it('are those of the language last read, or of its family', () => {
    const list = ['en', 'zh-CN', 'zh-HK'].map((lang) => ({ lang, label: lang, url: '' }));
    expect(fitting(list, 'zh-HK')).toBe('zh-HK');
    expect(fitting(list, 'zh')).toBe('zh-CN');
    expect(fitting(list, 'fr')).toBe('');
    expect(fitting(list, '')).toBe('');
  });
});

describe('the wave of a sound lesson', () => {
  it('has the loudest of each stretch, against the loudest of all', () => {
    const wave = { step_ms: 100, peaks: [0, 50, 100, 200, 0, 0, 0, 0] };
    expect(barsOf(wave, 800, 4)).toEqual([0.25, 1, 0.06, 0.06]);
    expect(barsOf(wave, 1600, 4).slice(2)).toEqual([0.06, 0.06]);
    expect(barsOf({ step_ms: 1000, peaks: [255] }, 1000, 3)[0]).toBe(1);
  });

  it('is a line while there is none', () => {
    expect(new Set(flatBars(8)).size).toBe(1);
  });
});

describe('notes', () => {
  const note = (id: number, at_ms: number, text = `n${id}`): LessonNote => ({ id, at_ms, text, changed_ms: id });

  it('stand in the order of the lesson, a changed one in its place', () => {
    const notes = inOrder([note(3, 9000), note(1, 1000), note(2, 1000)]);
    expect(notes.map((one) => one.id)).toEqual([1, 2, 3]);
    expect(withNote(notes, { ...note(2, 1000), text: 'new' }).map((one) => one.text)).toEqual(['n1', 'new', 'n3']);
    expect(withNote([], note(1, 0))).toHaveLength(1);
  });

  it('are taken along as a text with their times', () => {
    expect(notesText('焊工 · 引弧', [note(2, 3_725_000, '收弧\n要慢'), note(1, 5000)])).toBe('焊工 · 引弧\n\n[0:05] n1\n[1:02:05] 收弧\n    要慢\n');
    expect(fileName('焊工/平角焊: 1?')).toBe('焊工 平角焊 1.txt');
    expect(fileName('***')).toBe('notes.txt');
  });
});

describe('a key', () => {
  const pressed = (key: string, more = {}) => isForPlayer({ key, tag: 'BODY', editable: false, apart: false, free: true, ...more });

  it('is for the player unless something else has a use for it', () => {
    expect(pressed(' ')).toBe(true);
    expect(pressed('c', { tag: 'BUTTON', free: false })).toBe(true);
    expect(pressed(' ', { tag: 'BUTTON' })).toBe(false);
    expect(pressed('ArrowLeft', { tag: 'INPUT' })).toBe(false);
    expect(pressed('ArrowRight', { tag: 'DIV', free: false })).toBe(false);
    expect(pressed('m', { editable: true })).toBe(false);
    expect(pressed('m', { apart: true })).toBe(false);
    expect(pressed('ArrowDown')).toBe(false);
  });
});

describe('a countdown', () => {
  it('acts once at its end, and not at all when it was stopped', async () => {
    const clock = new FakeClock();
    const act = vi.fn();
    const scope = effectScope();
    const { left } = scope.run(() => useCountdown(3, act, clock))!;
    await clock.pass(2000);
    expect([left.value, act.mock.calls.length]).toEqual([1, 0]);
    await clock.pass(5000);
    expect(act).toHaveBeenCalledTimes(1);
    const other = scope.run(() => useCountdown(3, act, clock))!;
    await clock.pass(1000);
    other.stop();
    await clock.pass(9000);
    expect([other.left.value, act.mock.calls.length]).toEqual([null, 1]);
    scope.stop();
  });

  it('does not go on while somebody is busy, and begins anew when they are done', async () => {
    const clock = new FakeClock();
    const act = vi.fn();
    const scope = effectScope();
    let busy = false;
    const { left } = scope.run(() => useCountdown(3, act, clock, () => busy))!;
    await clock.pass(2000);
    busy = true;
    await clock.pass(60_000);
    expect([left.value, act.mock.calls.length]).toEqual([3, 0]);
    busy = false;
    await clock.pass(3000);
    expect(act).toHaveBeenCalledTimes(1);
    scope.stop();
  });

  it('ends with its view', async () => {
    const clock = new FakeClock();
    const act = vi.fn();
    const scope = effectScope();
    scope.run(() => useCountdown(1, act, clock));
    scope.stop();
    await clock.pass(5000);
    expect(act).not.toHaveBeenCalled();
  });
});

describe('the conditions of a certificate', () => {
  const rule = { coverage_permille: 900, minutes: 45 };
  const progress = (more: Partial<CourseProgress>): CourseProgress => ({
    covered_ms: 0,
    credited_ms: 0,
    content_ms: 0,
    minutes_needed: 45,
    coverage_permille: 0,
    eligible: false,
    missing: [],
    ...more,
  });

  it('are all told, met or not', () => {
    const have = progress({ coverage_permille: 950, credited_ms: 30 * 60_000, missing: [{ condition: 'lessons_open', have: 1, need: 2 }] });
    expect(conditionsOf({ rule }, have)).toEqual([
      { name: 'coverage', have: 950, need: 900, met: true, share: 1 },
      { name: 'minutes', have: 30, need: 45, met: false, share: 30 / 45 },
      { name: 'lessons_open', have: 1, need: 2, met: false, share: 0.5 },
    ]);
  });

  it('are those of the rule for who has not begun', () => {
    expect(conditionsOf({ rule: { coverage_permille: 900, minutes: 0 } }, null)).toEqual([
      { name: 'coverage', have: 0, need: 900, met: false, share: 0 },
    ]);
  });
});

describe('habits', () => {
  const store = new Map<string, string>();
  beforeEach(() => {
    vi.resetModules();
    store.clear();
    vi.stubGlobal('localStorage', { getItem: (k: string) => store.get(k) ?? null, setItem: (k: string, v: string) => store.set(k, v) });
  });
  afterEach(() => vi.unstubAllGlobals());

  it('are kept, and a speed that is none of ours is not taken', async () => {
    store.set('jt.rate', '7');
    store.set('jt.captions', 'zh');
    const { habits } = await import('../src/core/habits');
    expect([habits.rate, habits.captions, habits.keys]).toEqual([1, 'zh', true]);
    habits.rate = 1.5;
    await nextTick();
    expect(store.get('jt.rate')).toBe('1.5');
  });
});
