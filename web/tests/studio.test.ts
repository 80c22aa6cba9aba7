import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Studio } from '../src/studio/StudioPage/studio';

/** A device that was opened, and goes dark when it is stopped. */
class Track {
  lit = true;
  enabled = true;
  contentHint = '';
  onended: (() => void) | null = null;
  constructor(
    readonly kind: string,
    readonly id: string,
  ) {}
  stop = () => (this.lit = false);
  getSettings = () => ({});
}

interface Asking {
  id: string;
  give(): void;
  refuse(): void;
}
let asked: Asking[];
let made: Track[];
let studio: Studio;
type Wanted = Record<'video' | 'audio', { deviceId?: { exact: string } } | undefined>;

const settle = async () => {
  for (let i = 0; i < 30; i++) await Promise.resolve();
};
const streamOf = (all: Track[]) => {
  made.push(...all);
  const of = (kind: string) => all.filter((one) => one.kind === kind);
  return { getTracks: () => all, getVideoTracks: () => of('video'), getAudioTracks: () => of('audio') };
};

beforeEach(() => {
  [asked, made] = [[], []];
  const getUserMedia = ({ video, audio }: Wanted) =>
    new Promise((resolve, reject) => {
      const id = (one: Wanted['video']) => one?.deviceId?.exact ?? 'first';
      const give = () => resolve(streamOf([...(video ? [new Track('video', id(video))] : []), ...(audio ? [new Track('audio', id(audio))] : [])]));
      const refuse = () => reject(new DOMException('', 'NotReadableError'));
      asked.push({ id: id(video ?? audio), give, refuse });
    });
  vi.stubGlobal('navigator', { mediaDevices: { getUserMedia, enumerateDevices: async () => [] } });
  studio = new Studio({ url: '/whip/c', key: () => 'key', occupied: async () => false, slate: () => ({ title: '', lines: [] }) });
});
afterEach(() => vi.unstubAllGlobals());

const lit = (kind: string) => made.filter((one) => one.kind === kind && one.lit).map((one) => one.id);
const give = async () => {
  asked.shift()?.give();
  await settle();
};

describe('the devices of a studio', () => {
  beforeEach(async () => {
    void studio.open();
    await settle();
    await give();
    expect([lit('video'), lit('audio')]).toEqual([['first'], ['first']]);
  });

  it('are opened one after the other', async () => {
    void studio.useCamera('a');
    void studio.useMic('m');
    await settle();
    expect(asked.map((one) => one.id)).toEqual(['a']);
    await give();
    expect(asked.map((one) => one.id)).toEqual(['m']);
    await give();
    expect([lit('video'), lit('audio')]).toEqual([['a'], ['m']]);
  });

  it('of three wishes for a camera the newest wins, and no other camera stays on', async () => {
    void studio.useCamera('a');
    await settle();
    void studio.useCamera('b');
    void studio.useQuality('high');
    void studio.useCamera('c');
    await settle();
    await give();
    expect(lit('video')).toEqual([]);
    expect(asked.map((one) => one.id)).toEqual(['c']);
    await give();
    expect(lit('video')).toEqual(['c']);
    expect((studio.tracks.camera as unknown as Track).id).toBe('c');
  });

  it('that cannot be opened do not stop those asked for after them', async () => {
    void studio.useCamera('a');
    await settle();
    asked.shift()?.refuse();
    await settle();
    expect(studio.state.cameraFault).toBe('busy');
    void studio.useCamera('b');
    await settle();
    await give();
    expect([lit('video'), studio.state.cameraFault]).toEqual([['b'], '']);
  });

  it('asked for again, the former ones go dark', async () => {
    void studio.open();
    void studio.open();
    await settle();
    await give();
    await give();
    expect([lit('video'), lit('audio'), asked.length]).toEqual([['first'], ['first'], 0]);
  });

  it('that come when the view is gone go dark at once', async () => {
    void studio.useCamera('a');
    void studio.useMic('m');
    await settle();
    studio.close();
    await give();
    expect([lit('video'), lit('audio'), asked.length]).toEqual([[], [], 0]);
  });
});
