/** hls.js light: every browser with Media Source Extensions. Loaded only when something is to be played. */
import Hls, { ErrorTypes, Events, type ErrorData } from 'hls.js/light';
import { mediaTime } from '../core/title_time';
import { aheadOf, calmTargetS, keepNear } from './catch_up';
import { offeredOf, renditionOf, type Engine, type EngineNews, type Quality, type Trouble } from './engine';

export const supported = (): boolean => Hls.isSupported();

const CALM_MS = 60_000; // one bad moment should not cost the whole class its nearness
const TARGET_S = 3; // as long as no playlist says
const LOOK_AGAIN_MS = 1000; // the renditions of a class that comes back do not grow in the same moment
const LOOKS_MAX = 3;
const END_S = 0.1; // media may end so much before its playlist
const END_WAIT_MS = 3000; // for what is missing there to be asked for

function trouble(data: ErrorData): Trouble {
  const status = data.response?.code ?? 0;
  if (status === 401 || status === 403 || status === 410) return 'pass'; // what was removed has no passes any more
  if (status === 404 && /^manifest|^level/.test(data.details)) return 'missing';
  if (data.type === ErrorTypes.NETWORK_ERROR) return 'network';
  return data.type === ErrorTypes.MEDIA_ERROR ? 'media' : 'broken';
}

/**
 * While a class is interrupted the server answers "nothing new" (503) every few seconds, for as long as it keeps
 * the class: that is no fatal error. A refused pass and a missing playlist are told at once, as ever.
 */
const PATIENT = {
  default: {
    maxTimeToFirstByteMs: 15_000,
    maxLoadTimeMs: 20_000,
    timeoutRetry: { maxNumRetry: 4, retryDelayMs: 0, maxRetryDelayMs: 0 },
    errorRetry: { maxNumRetry: 600, retryDelayMs: 500, maxRetryDelayMs: 2000 },
  },
};

export interface HlsStart {
  url: string;
  /** Title time to begin at, replay only; null: the live edge, or the start. */
  titleMs: number | null;
  epochMs: number;
  lowLatency: boolean;
  quality: Quality;
}

export function openHls(video: HTMLVideoElement, start: HlsStart, news: EngineNews): Engine {
  const hls = new Hls({
    lowLatencyMode: start.lowLatency,
    // The pace is kept here, and how far behind to be.
    maxLiveSyncPlaybackRate: 1,
    liveSyncOnStallIncrease: 0,
    backBufferLength: 30,
    maxBufferLength: 20,
    capLevelToPlayerSize: true,
    enableWorker: false, // its worker is a blob: script, which the page's CSP refuses; fMP4 needs no remuxing
    startPosition: start.titleMs === null ? -1 : start.titleMs / 1000,
    playlistLoadPolicy: PATIENT,
    enableDateRangeMetadataCues: false, // the page has chapters from elsewhere; their text track would load a data: URL
  });
  let wanted = start.quality;
  let brisk = 0;
  let looking = 0;
  let concluding = 0;
  let fetching = false;
  let placed = start.titleMs === null;

  const pieces = () => {
    const level = hls.levels[hls.currentLevel] ?? hls.levels[hls.loadLevel] ?? hls.levels.find((l) => l.details);
    return level?.details?.fragments ?? [];
  };
  const levelOf = (quality: Quality) => hls.levels.findIndex((level) => renditionOf(level.uri) === quality);
  const apply = () => {
    const level = wanted === 'auto' || wanted === 'audio' ? -1 : levelOf(wanted);
    if (hls.loadLevel >= 0 || level >= 0) hls.nextLevel = level;
  };

  /**
   * hls.js never says that there is no more while a hole that it crossed without a word is behind the playhead. And what it had
   * in parts when the class ended it may take for all of the last segment: then it stands still before the end, and is built anew.
   */
  const conclude = () => {
    clearTimeout(concluding);
    const details = hls.latestLevelDetails;
    if (!details || details.live || video.readyState > HTMLMediaElement.HAVE_CURRENT_DATA || !video.buffered.length) return;
    const until = video.currentTime + aheadOf(video);
    if (until >= details.edge - END_S) for (const type of ['audiovideo', 'audio'] as const) hls.trigger(Events.BUFFER_EOS, { type });
    else if (until > (details.fragments[details.fragments.length - 1]?.start ?? Infinity))
      concluding = window.setTimeout(() => (fetching || video.paused ? conclude() : news.onTrouble('broken')), END_WAIT_MS);
  };
  for (const name of ['waiting', 'playing', 'seeking']) video.addEventListener(name, conclude);

  hls.on(Events.MANIFEST_PARSED, () => {
    const level = levelOf(wanted);
    if (level >= 0) hls.startLevel = level;
    if (level >= 0) apply();
  });
  hls.on(Events.LEVEL_UPDATED, () => {
    // Interruptions are holes in title time but not in the media: now that the pieces are known, start exactly.
    if (!placed && start.titleMs !== null) {
      placed = true;
      const at = mediaTime(pieces(), start.titleMs, start.epochMs);
      if (at !== null && Math.abs(at - video.currentTime) > 1 && video.readyState > 0) video.currentTime = at;
    }
    news.onReady();
    conclude();
  });
  hls.on(Events.FRAG_LOADING, () => (fetching = true));
  hls.on(Events.FRAG_BUFFERED, () => {
    fetching = false;
    conclude();
  });
  hls.on(Events.ERROR, (_event, data) => {
    const kind = trouble(data);
    if (data.fatal || kind === 'pass') news.onTrouble(kind);
  });
  const distance = () => {
    const targetS = hls.targetLatency;
    if (!hls.lowLatencyMode || targetS === null || !hls.levels.some((level) => level.details?.live)) return null;
    return { farS: hls.latency - targetS, targetS };
  };
  const near = keepNear(video, distance);
  const calmed = () => start.lowLatency && !hls.lowLatencyMode;
  const edgeS = () => hls.latestLevelDetails?.edge ?? 0;
  /** Without parts hls.js would go by the playlist's target duration, three times what segments really are. */
  const targetS = () => (calmed() ? calmTargetS(pieces()) : (hls.targetLatency ?? TARGET_S) + near.slackS());
  /** hls.js asks every three seconds where nothing grows. What is asked for now is asked for again until it has grown. */
  const look = (more: number): void => {
    const before = edgeS();
    clearTimeout(looking);
    hls.stopLoad(); // else what waits for its turn would go on waiting
    hls.startLoad();
    if (more > 0) looking = window.setTimeout(() => edgeS() <= before && look(more - 1), LOOK_AGAIN_MS);
  };
  hls.loadSource(start.url);
  hls.attachMedia(video);

  return {
    programmeMs: () => hls.playingDate?.getTime() ?? null,
    pieces,
    live: () => hls.levels.some((level) => level.details?.live),
    latencyS: () => (Number.isFinite(hls.latency) && hls.latency > 0 ? hls.latency : null),
    targetS,
    edge: () => (calmed() ? Math.max(0, edgeS() - targetS()) : hls.liveSyncPosition && Math.max(0, hls.liveSyncPosition - near.slackS())),
    stay: near.stay,
    offered: () => offeredOf(hls.levels.map((level) => renditionOf(level.uri))),
    choose(quality) {
      wanted = quality;
      apply();
    },
    shown: () => renditionOf(hls.levels[hls.currentLevel]?.uri ?? start.url),
    calm: () => {
      hls.lowLatencyMode = false;
      clearTimeout(brisk);
      brisk = window.setTimeout(() => (hls.lowLatencyMode = start.lowLatency), CALM_MS);
    },
    recoverMedia: () => hls.recoverMediaError(),
    look: () => {
      near.forgive();
      if (hls.levels.length) look(LOOKS_MAX - 1);
    },
    close: () => {
      clearTimeout(brisk);
      clearTimeout(looking);
      near.end();
      clearTimeout(concluding);
      for (const name of ['waiting', 'playing', 'seeking']) video.removeEventListener(name, conclude);
      hls.destroy();
    },
  };
}
