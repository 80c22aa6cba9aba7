import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { effectScope, nextTick, reactive, type EffectScope } from 'vue';
import { net } from '../src/core/net';
import { aidsOf } from '../src/media/aids';
import { Captions } from '../src/media/captions';
import type { Shown } from '../src/media/watching';

const WAVE = { step_ms: 100, peaks: [1, 2] };
const ZH = { lang: 'zh', label: '中文', url: '' };
let scope: EffectScope;
let asked: string[];
/** What the server has, by the end of its address; anything else is refused. */
let served: Record<string, unknown>;
let player: { state: { phase: string; live: boolean } };
let shown: Shown;

const settle = async () => {
  for (let i = 0; i < 12; i++) await Promise.resolve();
  await nextTick();
};
const times = (name: string) => asked.filter((one) => one === name).length;

beforeEach(() => {
  scope = effectScope();
  [asked, served] = [[], {}];
  net.online = true;
  player = { state: reactive({ phase: 'loading', live: false }) };
  shown = { player, bells: reactive({ chapters: 0 }), media: (name: string) => `/media/t/${name}` } as unknown as Shown;
  vi.stubGlobal('window', { MediaSource: class {} });
  vi.stubGlobal('fetch', async (address: string) => {
    const name = address.split('/').pop() ?? '';
    asked.push(name);
    return new Response(JSON.stringify(served[name] ?? { code: 'sign_in' }), { status: served[name] ? 200 : 401 });
  });
});
afterEach(() => {
  scope.stop();
  vi.unstubAllGlobals();
});

describe('the wave of a sound lesson', () => {
  it('is asked for once the pass has come with the player, and not before', async () => {
    served = { 'wave.json': WAVE };
    const aids = scope.run(() => aidsOf(shown))!;
    aids.draw();
    await settle();
    expect(times('wave.json')).toBe(0);
    player.state.phase = 'ready';
    await settle();
    expect(aids.wave).toEqual(WAVE);
  });

  it('that was refused is asked for at the next ready; what nobody draws is not asked for, what is there not again', async () => {
    const aids = scope.run(() => aidsOf(shown))!;
    player.state.phase = 'ready';
    await settle();
    expect(times('wave.json')).toBe(0);
    aids.draw();
    await settle();
    served = { 'wave.json': WAVE };
    player.state.phase = 'retrying';
    await settle();
    player.state.phase = 'ready';
    await settle();
    expect([aids.wave, times('wave.json')]).toEqual([WAVE, 2]);
    aids.draw();
    await settle();
    expect(times('wave.json')).toBe(2);
  });
});

describe('captions', () => {
  const video = () => Object.assign(new EventTarget(), { canPlayType: () => '', textTracks: new EventTarget() }) as unknown as HTMLVideoElement;

  it('that could not be asked for are asked for again at the next ready and with the network', async () => {
    const captions = new Captions(shown);
    scope.run(() => captions.attach(video()));
    player.state.phase = 'ready';
    await settle();
    expect([times('captions.json'), captions.state.list]).toEqual([1, []]);
    player.state.phase = 'retrying';
    await settle();
    player.state.phase = 'ready';
    await settle();
    expect(times('captions.json')).toBe(2);
    net.online = false;
    await settle();
    served = { 'captions.json': { captions: [ZH] } };
    net.online = true;
    await settle();
    expect(captions.state.list).toEqual([ZH]);
    net.online = false;
    await settle();
    net.online = true;
    await settle();
    expect(times('captions.json')).toBe(4); // 3 failed with the network going, and it is known now
  });
});
