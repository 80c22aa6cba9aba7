/**
 * What an embedded player plays: the class behind the link in the address bar, looked at again now and then. Its pass
 * goes with every address (`?pass=`), since a frame of another site has no cookies of ours.
 */
import { reactive, shallowRef } from 'vue';
import { ApiError, call } from '../api/http';
import type { ClassState } from '../api/types';
import { PassKeeper } from '../core/pass';
import { Player } from '../media/player';
import { nothing, type Shown } from '../media/watching';

const LOOK_AGAIN_MS = 10_000; // there is no room to tell when the class begins and ends

export interface ShownClass {
  id: string;
  title: string;
  state: ClassState;
  master_name: string;
  planned_ms: number;
  epoch_ms: number;
  duration_ms: number;
}

interface EmbedPass {
  pass: string;
  until_ms: number;
  title_id: string;
  person: null;
  class: ShownClass;
}

export class Embedded implements Shown {
  readonly learn = reactive(nothing());
  readonly bells = reactive({ chapters: 0 });
  readonly player: Player;
  readonly is = shallowRef<ShownClass | null>(null);
  /** Why nothing can be shown; only its owner can mend that when `final`. */
  readonly failed = shallowRef<ApiError | null>(null);
  private readonly keeper: PassKeeper;
  private held: EmbedPass | null = null;
  private timer = 0;

  constructor(
    private readonly classId: string,
    private readonly link: Record<string, string>,
  ) {
    this.keeper = new PassKeeper(() => this.ask().then((got) => ({ ...got, person: null })));
    this.player = new Player({ pass: (fresh) => this.freshPass(fresh), utcNow: () => null, onMove: () => undefined });
  }

  start(): void {
    void this.look();
    this.timer = window.setInterval(() => void this.look(), LOOK_AGAIN_MS);
  }

  stop(): void {
    clearInterval(this.timer);
    this.keeper.stop();
    this.player.detach();
  }

  media(file: string): string {
    if (!this.held) return '';
    const { title_id, pass } = this.held;
    return `/media/${title_id}/${file}${file.includes('?') ? '&' : '?'}pass=${encodeURIComponent(pass)}`;
  }

  onMessage(): () => void {
    return () => undefined;
  }

  setRate(rate: number): void {
    this.player.setRate(rate);
  }

  get over(): boolean {
    return this.is.value?.state === 'closed';
  }

  private async ask(): Promise<EmbedPass> {
    try {
      const { link = '', until = '', site = '', signature = '' } = this.link;
      const path = `/api/v1/classes/${encodeURIComponent(this.classId)}/embed-pass`;
      const got = await call<EmbedPass>('POST', path, { link, until, site, signature });
      this.held = got;
      this.is.value = got.class;
      this.failed.value = null;
      return got;
    } catch (error) {
      if (error instanceof ApiError && [403, 404, 410].includes(error.status)) this.bar(error);
      throw error;
    }
  }

  private bar(error: ApiError): void {
    this.failed.value = error;
    this.player.close();
    clearInterval(this.timer);
  }

  private async look(): Promise<void> {
    if (document.visibilityState === 'hidden' && this.is.value) return;
    const before = this.is.value?.state;
    const got = await this.ask().catch(() => null);
    const is = this.is.value;
    if (!got || !is?.epoch_ms) return;
    this.player.setEpoch(is.epoch_ms);
    if (this.player.state.phase === 'idle')
      this.player.open({ playback: this.media('main.m3u8'), epochMs: is.epoch_ms, titleMs: this.over ? 0 : null });
    else if (is.state === 'on_air' && (before !== 'on_air' || this.player.state.phase !== 'ready')) this.player.look();
  }

  private async freshPass(fresh: boolean): Promise<void> {
    await this.keeper.get(fresh);
    this.player.setPlayback(this.media('main.m3u8'));
  }
}
