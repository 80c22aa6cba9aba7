/** The browser's own HLS (Safari, and WeChat on iPhones). It picks qualities itself. */
import { nativeProgramme, type Piece } from '../core/title_time';
import type { Engine, EngineNews, Quality } from './engine';

type Dated = HTMLVideoElement & { getStartDate?(): Date };

const BEHIND_EDGE_S = 2; // Safari keeps its own distance; so far from the seekable end counts as live

export function openNative(video: HTMLVideoElement, url: string, startS: number, news: EngineNews): Engine {
  const programme = (at: number) => nativeProgramme((video as Dated).getStartDate?.(), at);
  const onReady = () => {
    if (startS > 0 && Number.isFinite(video.duration)) video.currentTime = startS;
    news.onReady();
  };
  // The element tells no HTTP status: a refused pass and a missing playlist look alike, and are tried again.
  const onError = () => news.onTrouble(video.error?.code === MediaError.MEDIA_ERR_DECODE ? 'media' : 'missing');
  video.addEventListener('loadedmetadata', onReady);
  video.addEventListener('error', onError);
  video.src = url;

  const live = () => video.duration === Infinity;
  const end = () => (video.seekable.length ? video.seekable.end(video.seekable.length - 1) : null);
  const offered: readonly Quality[] = ['auto', 'audio'];
  const audioOnly = url.includes('/audio/');

  return {
    programmeMs: () => programme(video.currentTime),
    pieces(): readonly Piece[] {
      const from = live() && video.seekable.length ? video.seekable.start(0) : 0;
      const to = live() ? end() : video.duration;
      const start = programme(from);
      if (start === null || to === null || !Number.isFinite(to)) return [];
      return [{ programDateTime: start, start: from, duration: to - from }];
    },
    live,
    latencyS: () => (live() ? Math.max(0, (end() ?? video.currentTime) - video.currentTime) : null),
    targetS: () => BEHIND_EDGE_S,
    edge: end,
    stay: () => undefined,
    offered: () => offered,
    choose: () => undefined,
    shown: () => (audioOnly ? 'audio' : null),
    calm: () => undefined,
    recoverMedia: () => video.load(),
    look: () => undefined, // it looks by itself
    close() {
      video.removeEventListener('loadedmetadata', onReady);
      video.removeEventListener('error', onError);
      video.removeAttribute('src');
      video.load();
    },
  };
}
