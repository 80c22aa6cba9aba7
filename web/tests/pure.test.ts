import { describe, expect, it } from 'vitest';
import { beadView, clockText } from '../src/core/bead';
import { canBeWatched, courseShare, freeUntil, lessonPath } from '../src/core/course';
import { FLYING_MAX, Lanes } from '../src/core/lanes';
import { PassKeeper } from '../src/core/pass';
import { resumeAt } from '../src/core/resume';
import { qrCode } from '../src/core/qr';
import { spansAdd } from '../src/core/spans';
import { mediaTime, nativeProgramme, titleEnd, titleStart, titleTime } from '../src/core/title_time';
import { chapterAt, tileAt } from '../src/core/chapters';
import { hrefOf, matchPath, ownPath } from '../src/core/way';
import { beadLeft, beadTold } from '../src/core/room_words';
import { learntText, missingText, timeText } from '../src/core/words';
import type { Course, Lesson, Span } from '../src/api/types';
import { renditionOf } from '../src/media/engine';
import courseEn from '../src/words/course_en';
import courseZh from '../src/words/course_zh';
import en from '../src/words/en';
import lessonEn from '../src/words/lesson_en';
import lessonZh from '../src/words/lesson_zh';
import mineEn from '../src/words/mine_en';
import mineZh from '../src/words/mine_zh';
import rewindEn from '../src/words/rewind_en';
import rewindZh from '../src/words/rewind_zh';
import roomEn from '../src/words/room_en';
import roomZh from '../src/words/room_zh';
import signEn from '../src/words/sign_en';
import signZh from '../src/words/sign_zh';
import studioEn from '../src/words/studio_en';
import studioZh from '../src/words/studio_zh';
import zh from '../src/words/zh';
import { FakeClock } from './clock';

const MIN = 60_000;

describe('title time', () => {
  const epoch = Date.UTC(2026, 0, 1, 8);
  const pieces = [
    { programDateTime: epoch, start: 0, duration: 10 },
    { programDateTime: epoch + 70_000, start: 10, duration: 10 }, // a minute's interruption before it
  ];

  it('is programme time less the epoch, and unknown while either is', () => {
    expect(titleTime(new Date(epoch + 1234), epoch)).toBe(1234);
    expect(titleTime(null, epoch)).toBeNull();
    expect(titleTime(new Date(epoch), 0)).toBeNull();
    expect(titleTime(new Date(NaN), epoch)).toBeNull();
  });

  it('comes from the start date where the browser plays by itself', () => {
    expect(titleTime(nativeProgramme(new Date(epoch), 2.5), epoch)).toBe(2500);
    expect(nativeProgramme(new Date(NaN), 2)).toBeNull();
    expect(nativeProgramme(undefined, 2)).toBeNull();
  });

  it.each([
    [0, 0],
    [4000, 4],
    [10_000, 10], // in the hole: on its far side
    [69_000, 10],
    [75_000, 15],
    [999_000, 20],
  ])('%i ms lies at %d s of the media', (title, media) => {
    expect(mediaTime(pieces, title, epoch)).toBe(media);
  });

  it('ends with the last piece', () => {
    expect(titleEnd(pieces, epoch)).toBe(80_000);
    expect(titleStart(pieces.slice(1), epoch)).toBe(pieces[1]!.programDateTime! - epoch);
    expect(titleEnd([], epoch)).toBe(0);
    expect(mediaTime([], 5, epoch)).toBeNull();
  });
});

describe('the bead', () => {
  const text = (credited: number, content: number, growing: boolean, complete = false) => {
    const view = beadView({ credited_ms: credited, content_ms: content, hour_minutes: 45, growing, complete });
    return `${beadTold(view)} | ${beadLeft(view)}`;
  };

  it.each([
    [32 * MIN, 40 * MIN, true, '本课已学 32 / 45 分钟 | 还差 13 分钟记满 1 学时'],
    [32 * MIN + 59_000, 40 * MIN, true, '本课已学 32 / 45 分钟 | 还差 13 分钟记满 1 学时'],
    [999, 0, true, '本课已学 0 / 45 分钟 | 还差 45 分钟记满 1 学时'],
    [0, 0, true, '本课已学 0 / 45 分钟 | 还差 45 分钟记满 1 学时'],
    [32_900, 40 * MIN, true, '本课已学 32 秒 / 45 分钟 | 还差 45 分钟记满 1 学时'],
    [45 * MIN, 50 * MIN, true, '本课已学 45 / 90 分钟 | 还差 45 分钟记满 2 学时'],
    [10 * MIN, 90 * MIN, false, '本课已学 10 / 45 分钟 | 还差 35 分钟记满 1 学时'],
    [46 * MIN, 60 * MIN, false, '本课已学 46 / 60 分钟 | 还差 14 分钟学完'],
    [12 * MIN, 18 * MIN, false, '本课已学 12 / 18 分钟 | 还差 6 分钟学完'],
    [72_000, 120_000, false, '本课已学 1:12 / 2:00 | 还差 0:48 学完'],
    [18 * MIN, 18 * MIN, false, '本课已学 18 / 18 分钟 | 本课已学完'],
  ])('%i of %i ms, growing %s: %s', (credited, content, growing, expected) => {
    expect(text(credited, content, growing)).toBe(expected);
  });

  it('is done when the server says so', () => {
    expect(text(17 * MIN, 18 * MIN, false, true)).toContain('本课已学完');
  });

  it('marks whole hours and stays between nought and one', () => {
    const view = beadView({ credited_ms: 100 * MIN, content_ms: 0, hour_minutes: 45, growing: true });
    expect(view.marks.map((m) => Math.round(m * 135))).toEqual([45, 90]);
    for (const credited of [-5, 0, 1, 44.99 * MIN, 45 * MIN, 1e9]) {
      const { share, left, have, need } = beadView({ credited_ms: credited, content_ms: 30 * MIN, hour_minutes: 45, growing: false });
      expect(share).toBeGreaterThanOrEqual(0);
      expect(share).toBeLessThanOrEqual(1);
      expect(left).toBe(need - have);
      expect(left).toBeGreaterThanOrEqual(0);
    }
  });

  it('tells clocks with and without hours', () => {
    expect([0, 59_999, 60_000, 3_725_000].map(clockText)).toEqual(['0:00', '0:59', '1:00', '1:02:05']);
  });
});

it('a time of learning is told in seconds while it is less than a minute, and nought in minutes', () => {
  expect([0, 999, 59_999, MIN, 61 * MIN].map(timeText)).toEqual(['0 分钟', '0 分钟', '59 秒', '1 分钟', '61 分钟']);
  expect([0, 32_000, 12 * MIN].map((ms) => learntText(ms, 90))).toEqual(['已学 0 / 90 分钟', '已学 32 秒 / 90 分钟', '已学 12 / 90 分钟']);
  expect([32_000, 12 * MIN].map((ms) => learntText(ms, 0))).toEqual(['已学 32 秒', '已学 12 分钟']);
});

it('a replay is taken up where it was left, unless that is next to an end of it', () => {
  expect([0, 4999, 5000, 55_000, 55_001].map((at) => resumeAt(at, 60_000))).toEqual([0, 0, 5000, 55_000, 0]);
  expect(resumeAt(7_200_000, 0)).toBe(7_200_000);
});

it('a class that ended and left nothing cannot be watched', () => {
  const lesson = (state: string, duration_ms: number) => ({ state, duration_ms }) as Lesson;
  const all = [lesson('closed', 0), lesson('failed', 0), lesson('closed', 9), lesson('planned', 0), lesson('ready', 9)];
  expect(all.map(canBeWatched)).toEqual([false, false, true, true, true]);
});

describe('spans', () => {
  it('join where they touch and stay apart where they do not', () => {
    expect(spansAdd([[0, 10], [20, 30]], 10, 20)).toEqual([[0, 30]]);
    expect(spansAdd([[0, 10]], 11, 12)).toEqual([[0, 10], [11, 12]]);
    expect(spansAdd([[5, 10]], 3, 3)).toEqual([[5, 10]]);
  });

  it('come to the same in any order', () => {
    let seed = 3;
    const random = (n: number) => (seed = (seed * 16_807) % 2_147_483_647) % n;
    const bits = new Set<number>();
    let spans: Span[] = [];
    for (let i = 0; i < 300; i++) {
      const from = random(500);
      const to = from + random(20);
      spans = spansAdd(spans, from, to);
      for (let at = from; at < to; at++) bits.add(at);
      expect(spans.reduce((sum, [from, to]) => sum + to - from, 0)).toBe(bits.size);
      spans.forEach((span, k) => k && expect(span[0]).toBeGreaterThan((spans[k - 1] as Span)[1]));
    }
  });
});

describe('paths', () => {
  it('match by segments', () => {
    expect(matchPath('/c/:id', '/c/ab2')).toEqual({ id: 'ab2' });
    expect(matchPath('/c/:id', '/c/ab2/')).toEqual({ id: 'ab2' });
    expect(matchPath('/', '/')).toEqual({});
    expect(matchPath('/c/:id', '/c')).toBeNull();
    expect(matchPath('/c/:id', '/c/%E0%A4%A')).toBeNull();
  });

  it('after signing in stay on this site', () => {
    expect(['/c/x?y=1', '//evil.example', '/\\evil.example', 'https://evil.example', '', null].map(ownPath)).toEqual([
      '/c/x?y=1', '/', '/', '/', '/', '/',
    ]);
    expect(hrefOf({ path: '/sign-in', query: { to: '/c/a b' } })).toBe('/sign-in?to=%2Fc%2Fa+b');
  });

  it('of a playlist tell the rendition', () => {
    expect(renditionOf('http://h/media/abc/480p/index.m3u8?x=1')).toBe('480p');
    expect(renditionOf('/media/abc/main.m3u8')).toBeNull();
  });
});

describe('flying comments', () => {
  it('take two lanes, never overtake, and are dropped when the sky is full', () => {
    const lanes = new Lanes();
    expect([lanes.take(0, 100, 0.1), lanes.take(0, 100, 0.1), lanes.take(0, 100, 0.1)]).toEqual([0, 1, -1]);
    expect(lanes.take(1319, 50, 0.1)).toBe(-1);
    expect(lanes.take(1320, 50, 0.1)).toBe(0);
    let flying = 3;
    for (let t = 5000; t < 200_000; t += 5000) if (lanes.take(t, 10, 0.1) >= 0) flying++;
    expect(flying).toBe(FLYING_MAX);
    lanes.landed();
    expect(lanes.take(300_000, 10, 0.1)).toBeGreaterThanOrEqual(0);
  });
});

describe('the pass', () => {
  it('is asked for once, renewed at half its life, and anew when refused', async () => {
    const clock = new FakeClock();
    let asked = 0;
    const keeper = new PassKeeper(
      async () => ({ pass: `p${++asked}`, until_ms: clock.now() + 600_000, title_id: 't', person: null }),
      () => clock.now(),
      clock,
    );
    const [a, b] = await Promise.all([keeper.get(), keeper.get()]);
    expect([a.pass, b.pass]).toEqual(['p1', 'p1']);
    await clock.pass(299_000);
    expect(asked).toBe(1);
    await clock.pass(2000);
    expect((await keeper.get()).pass).toBe('p2');
    await clock.pass(5000);
    expect((await keeper.get(true)).pass).toBe('p3');
    expect((await keeper.get(true)).pass).toBe('p3'); // too young to be the cause
    keeper.stop();
    await clock.pass(3_600_000);
    expect(asked).toBe(3);
  });
});

describe('a course', () => {
  const course = { rule: { minutes: 90, coverage_permille: 900 } } as Course;
  const progress = { covered_ms: 0, credited_ms: 0, content_ms: 100 * MIN, minutes_needed: 90, coverage_permille: 0, eligible: false, missing: [] };

  it('is as far as the slower of its two conditions', () => {
    expect(courseShare(course, null)).toBe(0);
    expect(courseShare(course, { ...progress, credited_ms: 90 * MIN, covered_ms: 45 * MIN })).toBe(0.5);
    expect(courseShare(course, { ...progress, credited_ms: 45 * MIN, covered_ms: 100 * MIN })).toBe(0.5);
    expect(courseShare(course, { ...progress, eligible: true })).toBe(1);
  });

  it('opens live lessons in their classroom', () => {
    expect(lessonPath({ id: 'l', kind: 'live', class_id: 'c' } as Lesson)).toBe('/c/c');
    const live = (state: string, duration_ms: number) => lessonPath({ id: 'l', kind: 'live', class_id: 'c', state, duration_ms } as Lesson);
    expect([live('planned', 0), live('on_air', 9000), live('closing', 9000), live('closed', 0)]).toEqual(['/c/c', '/c/c', '/c/c', '/c/c']);
    expect(live('closed', 9000)).toBe('/lessons/l'); // with notes, gaps and a next one like any other
    expect(lessonPath({ id: 'l', kind: 'recorded', class_id: null } as Lesson)).toBe('/lessons/l');
  });

  it('is free until the last moment before the end of its window, and not free outside it', () => {
    const days = { free_from_ms: Date.parse('2026-03-01T00:00'), free_until_ms: Date.parse('2026-04-01T00:00') };
    const until = freeUntil(days, Date.parse('2026-03-31T23:59'));
    expect(new Date(until ?? 0).getDate()).toBe(31);
    expect([freeUntil(days, days.free_until_ms), freeUntil(days, days.free_from_ms - 1), freeUntil({}, 0)]).toEqual([null, null, null]);
    expect(freeUntil({ free_until_ms: 5 }, 4)).toBe(4);
  });

  it('says what is missing', () => {
    expect(missingText({ condition: 'minutes', have: 61, need: 135 })).toBe('学习时间还差 74 分钟');
    expect(missingText({ condition: 'coverage', have: 635, need: 900 })).toBe('内容看了 63%，需要 90%');
  });
});

describe('the QR code', () => {
  it('has its finders, its size, and refuses what does not fit', () => {
    const code = qrCode('http://localhost:8080/c/abcdefghijkl') as boolean[][];
    expect(code).toHaveLength(29);
    for (const [x, y] of [[0, 0], [22, 0], [0, 22]] as const) {
      expect(code.slice(y, y + 7).map((row) => row.slice(x, x + 7).map(Number).join(''))).toEqual([
        '1111111', '1000001', '1011101', '1011101', '1011101', '1000001', '1111111',
      ]);
    }
    expect(qrCode('x'.repeat(213))).toHaveLength(57);
    expect(qrCode('x'.repeat(214))).toBeNull();
  });
});

describe('the words', () => {
  const leaves = (value: unknown, path = ''): [string, unknown][] =>
    typeof value === 'object' && value !== null
      ? Object.entries(value).flatMap(([key, inner]) => leaves(inner, `${path}.${key}`))
      : [[path, value]];
  const pairs = [
    ['page', zh, en],
    ['room', roomZh, roomEn],
    ['rewind', rewindZh, rewindEn],
    ['studio', studioZh, studioEn],
    ['sign', signZh, signEn],
    ['mine', mineZh, mineEn],
    ['course', courseZh, courseEn],
    ['lesson', lessonZh, lessonEn],
  ] as const;

  it.each(pairs)('of the %s are the same keys in both languages, none empty', (_name, chinese, english) => {
    const [a, b] = [leaves(chinese), leaves(english)];
    expect(b.map(([key]) => key).sort()).toEqual(a.map(([key]) => key).sort());
    for (const [key, value] of [...a, ...b]) {
      expect(typeof value === 'function' || (typeof value === 'string' && value.trim() !== ''), key).toBe(true);
    }
  });

  it.each(pairs)('of the %s in English have no Chinese in them', (_name, _chinese, english) => {
    const chinese = leaves(english).filter(([key, value]) => typeof value === 'string' && /[一-鿿]/.test(value) && key !== '.settings.language');
    expect(chinese).toEqual([]);
  });
});

describe('the storyboard', () => {
  const sheet = (n: number, tiles_ms: number[]) => ({ n, columns: 2, rows: 2, width: 160, height: 90, tiles_ms });
  const sheets = [sheet(0, [0, 5000, 10_000, 15_000]), sheet(1, [20_000, 25_000]), sheet(2, [])];

  it.each([
    [0, 0, 0, 0],
    [4999, 0, 0, 0],
    [5000, 0, 160, 0],
    [12_000, 0, 0, 90],
    [19_999, 0, 160, 90],
    [20_000, 1, 0, 0],
    [99_000, 1, 160, 0],
  ])('shows %i ms on sheet %i at %i, %i', (at, n, x, y) => {
    expect(tileAt(sheets, at)).toMatchObject({ sheet: { n }, x, y });
  });

  it('has nothing to show without tiles, and the first before the first', () => {
    expect(tileAt([], 5)).toBeNull();
    expect(tileAt([sheet(0, [])], 5)).toBeNull();
    expect(tileAt([sheet(3, [9000])], 5)).toMatchObject({ sheet: { n: 3 }, x: 0, y: 0 });
  });

  it('knows the chapter that is on', () => {
    const chapters = [{ id: 2, at_ms: 1000, title: 'a' }, { id: 1, at_ms: 5000, title: 'b' }];
    expect(chapterAt(chapters, 999)).toBeNull();
    expect(chapterAt(chapters, 4999)?.title).toBe('a');
    expect(chapterAt(chapters, 9000)?.title).toBe('b');
  });
});
