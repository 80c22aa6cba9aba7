import { beforeEach, describe, expect, it } from 'vitest';
import { ApiError } from '../src/api/http';
import type { UploadLeft } from '../src/api/make_types';
import { isWrong, kindOf, seemsOf } from '../src/core/file_kind';
import { markOf, type Content } from '../src/core/file_mark';
import { bytesText } from '../src/core/bytes';
import { leftRounded, Pace } from '../src/core/pace';
import { FILES_MAX, PARALLEL, UploadQueue, type Memory, type SendHooks, type UploadItem } from '../src/core/upload_queue';
import { FakeClock } from './clock';

interface Fake extends Content {
  bytes: Uint8Array;
}
function file(name: string, size = 100, fill = 1): Fake {
  const bytes = new Uint8Array(Math.min(size, 4096)).fill(fill);
  return { name, size, type: '', bytes, slice: (from, to) => ({ arrayBuffer: async () => bytes.slice(from, to).buffer as ArrayBuffer }) };
}

let clock: FakeClock;
let sends: { item: UploadItem; url: string; hooks: SendHooks; stopped: boolean }[];
let ended: string[];
let known: Map<string, string>;
let finished: string[];
let online: boolean;
let cut: boolean;
let marking: (() => Promise<string>) | null;
let queue: UploadQueue<Fake>;
const memory: Memory = {
  urlOf: (mark) => known.get(mark) ?? '',
  markOf: (url) => [...known].find(([, at]) => at === url)?.[0] ?? '',
  remember: (mark, url) => void known.set(mark, url),
  forget: (mark) => void known.delete(mark),
};
const phases = () => queue.state.items.map((item) => item.phase).join(' ');
const settle = () => clock.pass(0);
const last = () => sends[sends.length - 1]!;
const left = (more: Partial<UploadLeft>): UploadLeft => ({ id: 'u1', name: 'a.mp4', kind: 'media', bytes: 100, offset: 40, created_ms: 0, expires_ms: 0, url: '/files/u1', ...more });
const limits = (uploads: UploadLeft[], max = 0, quota = 0) => queue.know({ uploads, quota: { used_bytes: 0, max_bytes: quota }, max_bytes: max });

beforeEach(() => {
  clock = new FakeClock();
  [sends, ended, known, finished, online, cut, marking] = [[], [], new Map(), [], true, false, null];
  queue = new UploadQueue<Fake>({
    sender: {
      mark: async (is) => marking?.() ?? `m-${is.name}-${is.bytes[0]}`,
      send(item, _file, hooks) {
        const one = { item, url: item.url, hooks, stopped: false };
        sends.push(one);
        return { stop: () => void (one.stopped = true) };
      },
      end: async (url) => {
        if (cut) throw new ApiError('offline', 0);
        ended.push(url);
      },
    },
    memory,
    clock,
    online: () => online,
    onDone: (item) => finished.push(item.name),
  });
});

describe('the queue of uploads', () => {
  it(`sends ${PARALLEL} at once, and the rest in order as places come free`, async () => {
    queue.add([file('a.mp4'), file('b.mp4'), file('c.mp4'), file('d.mp4')]);
    await settle();
    expect(phases()).toBe('sending sending waiting waiting');
    sends[0]!.hooks.onDone();
    await settle();
    expect(phases()).toBe('done sending sending waiting');
    expect(finished).toEqual(['a.mp4']);
  });

  it('a paused file makes room for the next, and goes on where it was', async () => {
    queue.add([file('a.mp4'), file('b.mp4'), file('c.mp4')]);
    await settle();
    sends[0]!.hooks.onUrl('/files/x');
    sends[0]!.hooks.onProgress(60);
    queue.pause(queue.state.items[0]!.key);
    await settle();
    expect(sends[0]!.stopped).toBe(true);
    expect(phases()).toBe('paused sending sending');
    sends[1]!.hooks.onDone();
    queue.resume(queue.state.items[0]!.key);
    await settle();
    expect(last().url).toBe('/files/x');
    last().hooks.onProgress(60);
    expect(queue.state.items[0]!.resumedAt).toBe(60);
  });

  it('a broken line is tried again after a growing pause, for ever', async () => {
    queue.add([file('a.mp4')]);
    await settle();
    for (const pause of [1000, 2000, 4000, 8000, 16_000, 30_000, 30_000]) {
      last().hooks.onError(new ApiError('offline', 0));
      expect(phases()).toBe('retrying');
      const before = sends.length;
      await clock.pass(pause - 1);
      expect(sends.length).toBe(before);
      await clock.pass(1);
      expect(sends.length).toBe(before + 1);
    }
  });

  it('bytes that arrive make the next pause short again', async () => {
    queue.add([file('a.mp4')]);
    await settle();
    last().hooks.onError(new ApiError('offline', 0));
    await clock.pass(1000);
    last().hooks.onProgress(10);
    last().hooks.onError(new ApiError('offline', 0));
    await clock.pass(1000);
    expect(phases()).toBe('sending');
  });

  it('without a network nothing is tried, and with it everything at once', async () => {
    queue.add([file('a.mp4')]);
    await settle();
    online = false;
    last().hooks.onError(new ApiError('offline', 0));
    await clock.pass(25_000);
    expect(sends.length).toBe(1);
    online = true;
    queue.wake();
    await settle();
    expect(sends.length).toBe(2);
  });

  it.each([
    ['locked', 423, 'retrying'],
    ['offset', 409, 'retrying'],
    ['checksum_mismatch', 460, 'retrying'],
    ['busy', 503, 'retrying'],
    ['upload_too_large', 413, 'refused'],
    ['storage_full', 507, 'refused'],
    ['sign_in', 401, 'refused'],
  ])('%s (%i) is %s', async (code, status, phase) => {
    queue.add([file('a.mp4')]);
    await settle();
    last().hooks.onError(new ApiError(code, status));
    expect(phases()).toBe(phase);
  });

  it('what the server has decided can be tried again by hand', async () => {
    queue.add([file('a.mp4')]);
    await settle();
    last().hooks.onError(new ApiError('storage_full', 507));
    queue.resume(queue.state.items[0]!.key);
    await settle();
    expect(phases()).toBe('sending');
  });

  it('too large, over quota, empty: told before a byte is sent', async () => {
    limits([], 1000, 5000);
    queue.add([file('big.mp4', 1001), file('empty.mp4', 0)]);
    limits([], 0, 500);
    queue.add([file('quota.mp4', 501)]);
    await settle();
    expect(phases()).toBe('refused refused refused');
    expect(queue.state.items.map((item) => item.error?.code)).toEqual(['upload_too_large', 'file_empty', 'upload_quota']);
    expect(sends.length).toBe(0);
  });

  it('a picture or a text is told at once by its name, and cannot be sent after all', async () => {
    queue.add([file('plan.png'), file('notes.docx')]);
    queue.resume(queue.state.items[0]!.key);
    await settle();
    expect(queue.state.items.map((item) => item.wrong)).toEqual(['picture', 'other_document']);
    expect(sends.length).toBe(0);
  });

  it('a file picked again the next day goes on where it was', async () => {
    limits([left({ mark: 'm-a.mp4-1' })]);
    queue.add([file('a.mp4')]);
    await settle();
    expect(last().url).toBe('/files/u1');
    expect(queue.state.left).toEqual([]);
    expect(queue.state.items[0]!.sent).toBe(40);
  });

  it('another file of the same name and size does not', async () => {
    limits([left({ mark: 'm-a.mp4-1' })]);
    queue.add([file('a.mp4', 100, 2)]);
    await settle();
    expect(last().url).toBe('');
    expect(queue.state.left.length).toBe(1);
  });

  it('nor one this browser remembers to be other bytes', async () => {
    limits([left({})]);
    known.set('m-a.mp4-2', '/files/u1');
    queue.add([file('a.mp4')]);
    await settle();
    expect(last().url).toBe('');
  });

  it('without a mark, name and size have to do; and this browser remembers by itself', async () => {
    limits([left({})]);
    known.set('m-b.mp4-1', '/files/u2');
    queue.add([file('a.mp4'), file('b.mp4')]);
    await settle();
    expect(sends.map((one) => one.url)).toEqual(['/files/u1', '/files/u2']);
  });

  it('the same file twice is sent once', async () => {
    queue.add([file('a.mp4'), file('a.mp4')]);
    await settle();
    expect(phases()).toBe('sending refused');
    expect(queue.state.items[1]!.error?.code).toBe('file_twice');
  });

  it('a file that is done can be sent once more', async () => {
    queue.add([file('a.mp4')]);
    await settle();
    last().hooks.onDone();
    queue.add([file('a.mp4')]);
    await settle();
    expect(phases()).toBe('done sending');
  });

  it('of more files than the list holds only so many come back', () => {
    expect(queue.add(Array.from({ length: FILES_MAX + 3 }, (_, i) => file(`${i}.mp4`))).length).toBe(FILES_MAX);
  });

  it('a cancelled file is forgotten here and there', async () => {
    queue.add([file('a.mp4')]);
    await settle();
    last().hooks.onUrl('/files/x');
    await queue.remove(queue.state.items[0]!.key);
    expect(ended).toEqual(['/files/x']);
    expect(known.size).toBe(0);
    expect(queue.state.items).toEqual([]);
    last().hooks.onProgress(50); // what comes late changes nothing
    last().hooks.onDone();
    expect(finished).toEqual([]);
  });

  it('one that cannot be cancelled now stays, stopped, and can be cancelled later', async () => {
    queue.add([file('a.mp4')]);
    await settle();
    last().hooks.onUrl('/files/x');
    cut = true;
    await expect(queue.remove(1)).rejects.toThrow();
    expect([phases(), last().stopped, known.size]).toEqual(['paused', true, 1]);
    cut = false;
    await queue.remove(1);
    expect([queue.state.items, ended, known.size]).toEqual([[], ['/files/x'], 0]);
  });

  it('what does the sending and cannot be fetched yet is fetched when the line is back; a file that cannot be read is refused', async () => {
    marking = () => Promise.reject(new ApiError('offline', 0));
    queue.add([file('a.mp4')]);
    await settle();
    expect(phases()).toBe('retrying');
    marking = null;
    await clock.pass(1000);
    expect(phases()).toBe('sending');
    marking = () => Promise.reject(new DOMException('gone', 'NotFoundError'));
    queue.add([file('b.mp4')]);
    await settle();
    expect(queue.state.items[1]!.error?.code).toBe('file_unreadable');
  });

  it.each([404, 410])('an upload the server answers %i for is begun anew', async (status) => {
    limits([left({ mark: 'm-a.mp4-1' })]);
    known.set('m-a.mp4-1', '/files/u1');
    queue.add([file('a.mp4')]);
    await settle();
    last().hooks.onError(new ApiError(`http_${status}`, status));
    await clock.pass(1000);
    expect([last().url, known.size, queue.state.items[0]!.sent, phases()]).toEqual(['', 0, 0, 'sending']);
    last().hooks.onError(new ApiError('not_found', status)); // where there is none to forget it is a refusal
    expect(phases()).toBe('refused');
  });

  it.each([502, 503, 504])('a passing %i loses nothing', async (status) => {
    limits([left({ mark: 'm-a.mp4-1' })]);
    queue.add([file('a.mp4')]);
    await settle();
    last().hooks.onError(new ApiError(`http_${status}`, status));
    await clock.pass(1000);
    expect(last().url).toBe('/files/u1');
  });

  it('tells speed and time left each second', async () => {
    queue.add([file('a.mp4', 100_000)]);
    await settle();
    for (let second = 1; second <= 5; second++) {
      await clock.pass(1000);
      last().hooks.onProgress(second * 1000);
    }
    await clock.pass(1000);
    const { speed, leftMs } = queue.state.items[0]!;
    expect(speed).toBeGreaterThan(700);
    expect(speed).toBeLessThan(1100);
    expect(leftMs).toBeGreaterThan(90_000);
  });
});

describe('pace', () => {
  it('knows nothing before two seconds, and sinks while nothing comes', () => {
    const pace = new Pace();
    pace.add(0, 0);
    pace.add(1000, 500);
    expect(pace.perSecond(1000)).toBeNull();
    pace.add(4000, 4000);
    expect(pace.perSecond(4000)).toBe(1000);
    expect(pace.perSecond(8000)).toBe(500);
    expect(pace.leftMs(4000, 10_000)).toBe(6000);
  });

  it('forgets what was when less is done than before', () => {
    const pace = new Pace();
    pace.add(0, 9000);
    pace.add(3000, 100);
    expect(pace.perSecond(3000)).toBeNull();
  });

  it.each([
    [10_000, 0, 0],
    [60_000, 0, 1],
    [61_000, 0, 2],
    [59 * 60_000, 0, 59],
    [3_600_000, 1, 0],
    [2 * 3_600_000 + 61_000, 2, 5],
  ])('%i ms left is %i h %i min', (ms, hours, minutes) => {
    expect(leftRounded(ms)).toEqual({ hours, minutes });
  });

  it.each([
    [0, '0 B'],
    [999, '999 B'],
    [1000, '1.0 KB'],
    [1536, '1.5 KB'],
    [200 * 1024 * 1024, '200 MB'],
    [840_000, '820 KB'],
    [13_000_000, '12 MB'],
    [4.3e9, '4.0 GB'],
    [500 * 1024 ** 3, '500 GB'],
    [-5, '0 B'],
  ])('%d bytes are %s', (bytes, text) => {
    expect(bytesText(bytes)).toBe(text);
  });
});

describe('a file', () => {
  it.each([
    ['平角焊.MP4', 'media', false],
    ['讲义.pdf', 'document', false],
    ['图.JPG', 'picture', true],
    ['字幕.srt', 'subtitles', true],
    ['全部.zip', 'archive', true],
    ['noending', 'unknown', false],
    ['odd.xyz', 'unknown', false],
  ])('%s seems %s', (name, seems, wrong) => {
    expect(seemsOf(name)).toBe(seems);
    expect(isWrong(seemsOf(name))).toBe(wrong);
  });

  it('only a PDF is a handout', () => {
    expect([kindOf('a.pdf'), kindOf('a.mp4'), kindOf('a')]).toEqual(['handout', 'media', 'media']);
  });

  it('is known again by its name, size, beginning and end', async () => {
    const prints = await Promise.all([file('a', 9), file('a', 9), file('b', 9), file('a', 8), file('a', 9, 2)].map(markOf));
    expect(prints[0]).toBe(prints[1]);
    expect(new Set(prints).size).toBe(4);
    expect(prints[0]!.length).toBeLessThanOrEqual(64);
  });
});
