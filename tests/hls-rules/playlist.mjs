// A playlist as its lines say it: nothing is guessed, nothing repaired. RFC 8216bis 4.

const WORD = /([A-Z0-9-]+)=("[^"]*"|[^",\s]*)/g;

/** "A=1,B="x"" → { A: '1', B: 'x' }. */
export function attributes(text) {
  const found = {};
  for (const [, name, value] of text.matchAll(WORD)) found[name] = value.replace(/^"|"$/g, '');
  return found;
}

const millis = (text) => Math.round(parseFloat(text) * 1e5) / 100;

/** { parts, uri, duration, ... } of one segment; the last one of a live playlist may have parts only. */
const segmentAt = (msn, init) => ({ msn, parts: [], uri: null, duration: null, init, date: null, discontinuity: false, gap: false });

/**
 * A media playlist: { tags: [[name, value]], segments, partTarget, target, control, hints, reports, skipped, ended, ... };
 * durations in ms, `date` in ms since 1970. Segments behind a skip carry their true numbers.
 */
export function parseMedia(text) {
  const list = { text, tags: [], segments: [], hints: [], reports: [], ranges: [], control: null, partTarget: null, target: null,
    version: 1, first: 0, breaks: 0, type: null, skipped: 0, ended: false, independent: false };
  let init = null, segment = null;
  const current = () => (segment ??= segmentAt(list.first + list.skipped + list.segments.length, init));
  const close = () => {
    list.segments.push(segment);
    segment = null;
  };
  const read = {
    'EXT-X-VERSION': (value) => (list.version = Number(value)),
    'EXT-X-TARGETDURATION': (value) => (list.target = Number(value) * 1000),
    'EXT-X-MEDIA-SEQUENCE': (value) => (list.first = Number(value)),
    'EXT-X-DISCONTINUITY-SEQUENCE': (value) => (list.breaks = Number(value)),
    'EXT-X-PLAYLIST-TYPE': (value) => (list.type = value),
    'EXT-X-INDEPENDENT-SEGMENTS': () => (list.independent = true),
    'EXT-X-ENDLIST': () => (list.ended = true),
    'EXT-X-PART-INF': (value) => (list.partTarget = millis(attributes(value)['PART-TARGET'])),
    'EXT-X-SERVER-CONTROL': (value) => (list.control = attributes(value)),
    'EXT-X-SKIP': (value) => (list.skipped = Number(attributes(value)['SKIPPED-SEGMENTS'])),
    'EXT-X-PRELOAD-HINT': (value) => list.hints.push(attributes(value)),
    'EXT-X-DATERANGE': (value) => list.ranges.push({ text: value, ...attributes(value) }),
    'EXT-X-RENDITION-REPORT': (value) => list.reports.push(attributes(value)),
    'EXT-X-MAP': (value) => (current().init = init = attributes(value).URI),
    'EXT-X-PROGRAM-DATE-TIME': (value) => Object.assign(current(), { date: Date.parse(value), dateText: value }),
    'EXT-X-DISCONTINUITY': () => (current().discontinuity = true),
    'EXT-X-GAP': () => (current().gap = true),
    EXTINF: (value) => (current().duration = millis(value)),
    'EXT-X-PART': (value) => {
      const is = attributes(value);
      current().parts.push({ uri: is.URI, duration: millis(is.DURATION), independent: is.INDEPENDENT === 'YES', gap: is.GAP === 'YES' });
    },
  };
  for (const line of text.split(/\r?\n/)) {
    if (line.startsWith('#EXT')) {
      const [, name, value] = line.match(/^#([A-Z0-9-]+):?(.*)$/);
      list.tags.push([name, value]);
      read[name]?.(value);
    } else if (line && !line.startsWith('#')) {
      current().uri = line;
      close();
    }
  }
  if (segment) close();
  return list;
}

/** A multivariant playlist: variants [{ uri, is: attributes }], media [attributes of each EXT-X-MEDIA]. */
export function parseMain(text) {
  const variants = [], media = [];
  let is = null;
  for (const line of text.split(/\r?\n/)) {
    if (line.startsWith('#EXT-X-MEDIA:')) media.push(attributes(line.slice(13)));
    else if (line.startsWith('#EXT-X-STREAM-INF:')) is = attributes(line.slice(18));
    else if (line && !line.startsWith('#') && is) {
      variants.push({ uri: line, is });
      is = null;
    }
  }
  return { text, variants, media, independent: text.includes('#EXT-X-INDEPENDENT-SEGMENTS') };
}

/** The playlist a player has after a delta update. RFC 8216bis 6.2.5.1. */
export function patch(before, delta) {
  if (!delta.skipped) return delta;
  const kept = before.segments.filter((it) => it.msn >= delta.first && it.msn < delta.first + delta.skipped);
  const init = kept.at(-1)?.init ?? null;
  const fresh = delta.segments.map((it) => ({ ...it, init: it.init ?? init }));
  return { ...delta, skipped: 0, missing: delta.skipped - kept.length, segments: [...kept, ...fresh] };
}

const MINUTE = 60, HOUR = 3600;
const TIMES = /^((?:\d+:)?\d\d:\d\d\.\d{3})[ \t]+-->[ \t]+((?:\d+:)?\d\d:\d\d\.\d{3})/;
const secondsOf = (time) => {
  const [seconds, minutes, hours = 0] = time.split(':').map(Number).reverse();
  return hours * HOUR + minutes * MINUTE + seconds;
};

/** A segment of WebVTT: { text, map: s the media is ahead of the cues, or null, cues: [{ from, to }] in s of the media }. RFC 8216bis 3.1.4. */
export function parseWords(text) {
  const head = text.split(/\r?\n\r?\n/)[0];
  const local = /X-TIMESTAMP-MAP=.*LOCAL:([\d:.]+)/.exec(head)?.[1], mpegts = /X-TIMESTAMP-MAP=.*MPEGTS:(\d+)/.exec(head)?.[1];
  const map = local && mpegts ? Number(mpegts) / 90000 - secondsOf(local) : null;
  const cues = text.split(/\r?\n/).map((line) => TIMES.exec(line)).filter(Boolean);
  return { text, map, cues: cues.map(([, from, to]) => ({ from: secondsOf(from) + (map ?? 0), to: secondsOf(to) + (map ?? 0) })) };
}
