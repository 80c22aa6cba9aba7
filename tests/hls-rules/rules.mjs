// The rules of low-latency HLS that a machine can check, each with its clause in RFC 8216bis (draft-pantos-hls-rfc8216bis-17)
// or, where it says so, Apple's authoring specification. A rule gives the sentences of its violations: none is well.
const TENTH = 100; // ms that rounding and clocks may differ
const SLACK_S = 0.1;
const ms = (value) => parseFloat(value) * 1000;

function* pairs(list) {
  for (let i = 1; i < list.segments.length; i++) yield [list.segments[i - 1], list.segments[i]];
}

const count = (list, name) => list.tags.filter(([tag]) => tag === name).length;
const whole = (list) => list.segments.filter((it) => it.uri);
const lengthOf = (it) => it.duration ?? it.parts.reduce((sum, part) => sum + part.duration, 0);
export const total = (list) => whole(list).reduce((sum, it) => sum + it.duration, 0);
const edge = (list) => list.segments.reduce((sum, it) => sum + lengthOf(it), 0);

const isWords = (it) => /\.vtt(\?|$)/.test(it.uri ?? '');

const DATE = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/;
const differ = (a, b) => Object.keys(a).some((name) => name !== 'text' && b[name] !== undefined && a[name] !== b[name]);

/** Rules of one media playlist as it was sent: { list, delta }. */
export const listRules = [
  { clause: '4.1', says: 'a playlist begins with #EXTM3U, is UTF-8 without BOM and has no control characters',
    check: ({ list }) => (/^#EXTM3U\r?\n/.test(list.text) && !/[\u0000-\u0009\u000b\u000c\u000e-\u001f\u007f-\u009f\ufeff\ufffd]/.test(list.text) ? [] : [list.text.slice(0, 40)]) },
  { clause: '4', says: 'tags that may stand once stand once',
    check: ({ list }) => ['EXT-X-VERSION', 'EXT-X-TARGETDURATION', 'EXT-X-MEDIA-SEQUENCE', 'EXT-X-DISCONTINUITY-SEQUENCE', 'EXT-X-PLAYLIST-TYPE',
      'EXT-X-SERVER-CONTROL', 'EXT-X-PART-INF', 'EXT-X-SKIP', 'EXT-X-ENDLIST', 'EXT-X-INDEPENDENT-SEGMENTS'].filter((tag) => count(list, tag) > 1) },
  { clause: '4.4.3.1', says: 'there is a target duration', check: ({ list }) => (list.target > 0 ? [] : ['none']) },
  { clause: '8', says: 'the version is that of the tags used',
    check: ({ list }) => {
      const needed = list.skipped ? 9 : count(list, 'EXT-X-MAP') ? 6 : 3;
      return list.version >= needed ? [] : [`${list.version}, needed ${needed}`];
    } },
  { clause: '4.4.4.1', says: 'each segment has a duration, rounded at most the target duration',
    check: ({ list }) => whole(list).filter((it) => it.duration === null || Math.round(it.duration / 1000) * 1000 > list.target)
      .map((it) => `${it.uri}: ${it.duration} of ${list.target} ms`) },
  { clause: '4.4.3.2', says: 'the numbers of media sequence and discontinuities stand before the first segment',
    check: ({ list }) => {
      const names = list.tags.map(([tag]) => tag);
      const first = names.findIndex((tag) => ['EXTINF', 'EXT-X-PART', 'EXT-X-DISCONTINUITY', 'EXT-X-SKIP'].includes(tag));
      return ['EXT-X-MEDIA-SEQUENCE', 'EXT-X-DISCONTINUITY-SEQUENCE'].filter((tag) => first >= 0 && names.lastIndexOf(tag) > first);
    } },
  { clause: '4.4.4.5', says: 'fMP4 segments have a map',
    check: ({ list, delta }) => list.segments.filter((it) => !it.gap && !it.init && !delta && !isWords(it)).map((it) => `${it.msn}`) },
  { clause: '4.4.4.6', says: 'dates have a time zone and milliseconds',
    check: ({ list }) => list.segments.filter((it) => it.dateText && !/T\d\d:\d\d:\d\d\.\d{3}(Z|[+-]\d\d:\d\d)$/.test(it.dateText)).map((it) => it.dateText) },
  { clause: '4.4.4.6', says: 'dates go on as durations do, except behind a discontinuity',
    check: ({ list }) => [...pairs(list)].filter(([a, b]) => a.uri && a.date && b.date && !b.discontinuity && Math.abs(b.date - a.date - a.duration) > TENTH)
      .map(([a, b]) => `${b.msn}: ${b.date - a.date} ms after one of ${a.duration} ms`) },
  { clause: '4.4.3.7', says: 'parts need a part target',
    check: ({ list }) => (list.partTarget === null && list.segments.some((it) => it.parts.length) ? ['none'] : []) },
  { clause: '4.4.4.9', says: 'no part is longer than the part target; none but the last of a segment is shorter than 85 % of it',
    check: ({ list }) => list.segments.flatMap((it) => it.parts.filter((part, i) => part.duration > list.partTarget ||
      (part.duration < 0.85 * list.partTarget && i + 1 < it.parts.length)).map((part) => `${part.uri}: ${part.duration} of ${list.partTarget} ms`)) },
  { clause: '4.4.4.9', says: 'the parts of a segment make up its duration',
    check: ({ list }) => whole(list).filter((it) => it.parts.length && Math.abs(it.parts.reduce((sum, part) => sum + part.duration, 0) - it.duration) > 1)
      .map((it) => `${it.uri}: ${it.parts.reduce((sum, part) => sum + part.duration, 0)} of ${it.duration} ms`) },
  { clause: '4.4.3.3', says: 'segments declared independent begin with an independent part',
    check: ({ list }) => (list.independent ? list.segments.filter((it) => it.parts.length && !it.parts[0].independent && !it.parts[0].gap).map((it) => it.parts[0].uri) : []) },
  { clause: '4.4.4.9', says: 'parts are told for the last three target durations',
    check: ({ list }) => {
      let behind = 0;
      const missing = [];
      for (const it of [...list.segments].reverse()) {
        behind += lengthOf(it);
        if (list.ended || list.partTarget === null || behind > 3 * list.target) break;
        if (!it.gap && it.parts.length === 0) missing.push(`${it.msn} has none`);
      }
      return missing;
    } },
  { clause: '4.4.4.9', says: 'parts older than three target durations are told no more (with one segment of grace)',
    check: ({ list }) => {
      let behind = 0;
      return [...list.segments].reverse().filter((it) => {
        const old = behind > 3 * list.target + 1;
        behind += lengthOf(it);
        return old && it.parts.length > 0;
      }).map((it) => `${it.msn}`);
    } },
  { clause: '4.4.3.8', says: 'PART-HOLD-BACK is at least three part targets (two is the least lawful)',
    check: ({ list }) => (list.partTarget !== null && !(ms(list.control?.['PART-HOLD-BACK']) >= 3 * list.partTarget) ? [list.control?.['PART-HOLD-BACK'] ?? 'none'] : []) },
  { clause: '4.4.3.8', says: 'HOLD-BACK, if told, is at least three target durations',
    check: ({ list }) => (list.control?.['HOLD-BACK'] && ms(list.control['HOLD-BACK']) < 3 * list.target ? [list.control['HOLD-BACK']] : []) },
  { clause: '4.4.3.8', says: 'CAN-SKIP-UNTIL is at least six target durations',
    check: ({ list }) => (list.control?.['CAN-SKIP-UNTIL'] && ms(list.control['CAN-SKIP-UNTIL']) < 6 * list.target ? [list.control['CAN-SKIP-UNTIL']] : []) },
  { clause: '6.2.5', says: 'a low-latency playlist can block',
    check: ({ list }) => (list.partTarget !== null && list.control?.['CAN-BLOCK-RELOAD'] !== 'YES' ? ['no CAN-BLOCK-RELOAD'] : []) },
  { clause: '4.4.5.3', says: 'a living playlist with parts hints at one next part, an ended one at none',
    check: ({ list }) => {
      const hints = list.hints.filter((it) => it.TYPE === 'PART').length;
      return list.partTarget !== null && hints !== (list.ended ? 0 : 1) ? [`${hints} hints`] : [];
    } },
  { clause: '4.4.5.2', says: 'only a delta update that was asked for skips, and only behind the skip boundary',
    check: ({ list, delta }) => {
      if (!list.skipped) return [];
      if (!delta) return ['not asked for'];
      return edge(list) + 1 >= ms(list.control?.['CAN-SKIP-UNTIL']) ? [] : [`${edge(list)} ms stay of ${list.control?.['CAN-SKIP-UNTIL']} s`];
    } },
  { clause: '4.4.5.1', says: 'a dated range has an ID and a START-DATE with a time zone, and needs a segment with a date',
    check: ({ list }) => [...list.ranges.filter((it) => !it.ID || !DATE.test(it['START-DATE'])).map((it) => it.text),
      ...(list.ranges.length && !list.segments.some((it) => it.date) && !list.skipped ? ['no PROGRAM-DATE-TIME'] : [])] },
  { clause: '4.4.5.1', says: 'a dated range is not negative, ends where it says in both ways, or with the next of its CLASS',
    check: ({ list }) => list.ranges.filter((it) => {
      const end = it['END-DATE'], length = it.DURATION;
      if (it['END-ON-NEXT'] && (it['END-ON-NEXT'] !== 'YES' || !it.CLASS || end || length)) return true;
      if ([length, it['PLANNED-DURATION']].some((one) => one !== undefined && !/^\d+(\.\d+)?$/.test(one))) return true;
      if (end && !(Date.parse(end) >= Date.parse(it['START-DATE']))) return true;
      return end && length && Math.abs(Date.parse(end) - Date.parse(it['START-DATE']) - ms(length)) > 1;
    }).map((it) => it.text) },
  { clause: '4.4.5.1', says: 'ranges of one ID agree in all they both say',
    check: ({ list }) => list.ranges.filter((it, i) => list.ranges.slice(0, i).some((other) => other.ID === it.ID && differ(it, other))).map((it) => it.text) },
  { clause: '4.2', says: 'attributes of a range are names with a quoted string, a number, a word or hexadecimals, each once',
    check: ({ list }) => list.ranges.filter(({ text }) => {
      const names = [...text.matchAll(/([A-Z0-9-]+)=("[^"\r\n]*"|[^",\s]+)(,|$)/g)];
      return names.map(([all]) => all).join('') !== text || new Set(names.map(([, name]) => name)).size !== names.length;
    }).map((it) => it.text) },
  { clause: '6.2.2', says: 'a living playlist holds three target durations once it is that old',
    check: ({ list, delta }) => (!delta && !list.ended && list.first > 0 && total(list) < 3 * list.target ? [`${total(list)} ms`] : []) },
];

const bySequence = (list) => new Map(list.segments.map((it) => [it.msn, it]));

/** Rules of two states of one media playlist, one after the other: { before, now }. */
export const stepRules = [
  { clause: '4.4.3.1', says: 'the target durations and the server control never change',
    check: ({ before, now }) => [
      ...(before.target !== now.target ? [`target ${before.target} > ${now.target}`] : []),
      ...(now.partTarget !== null && before.partTarget !== now.partTarget ? [`part target ${before.partTarget} > ${now.partTarget}`] : []),
      ...(now.control && JSON.stringify(before.control) !== JSON.stringify(now.control) ? [JSON.stringify(now.control)] : [])] },
  { clause: '6.2.1', says: 'the media sequence number never decreases',
    check: ({ before, now }) => (now.first < before.first ? [`${before.first} > ${now.first}`] : []) },
  { clause: '6.2.1', says: 'what was told stays as it was told',
    check: ({ before, now }) => {
      const old = bySequence(before);
      return now.segments.filter((it) => {
        const was = old.get(it.msn);
        return was && (was.discontinuity !== it.discontinuity || was.init !== it.init || was.date !== it.date ||
          (was.uri && (was.uri !== it.uri || was.duration !== it.duration || was.gap !== it.gap)) ||
          was.parts.some((part, i) => it.parts[i] && JSON.stringify(part) !== JSON.stringify(it.parts[i])));
      }).map((it) => `${it.msn}: ${JSON.stringify(old.get(it.msn))} > ${JSON.stringify(it)}`);
    } },
  { clause: '4.4.5.1', says: 'a dated range that was told is never told otherwise',
    check: ({ before, now }) => now.ranges.filter((it) => before.ranges.some((was) => was.ID === it.ID && differ(it, was))).map((it) => it.text) },
  { clause: '6.2.1', says: 'nothing vanishes at the end',
    check: ({ before, now }) => {
      const last = before.segments.at(-1), same = last && bySequence(now).get(last.msn);
      if (!last || last.msn < now.first) return [];
      return !same ? [`${last.msn}`] : !same.uri && same.parts.length < last.parts.length ? [`parts of ${last.msn}`] : [];
    } },
  { clause: '6.2.2', says: 'the discontinuity sequence counts the discontinuities that left',
    check: ({ before, now }) => {
      const left = before.segments.filter((it) => it.msn < now.first && it.discontinuity).length;
      const seen = before.segments.length > 0 && before.segments.at(-1).msn >= now.first - 1;
      return seen && now.breaks !== before.breaks + left ? [`${before.breaks} + ${left} > ${now.breaks}`] : [];
    } },
  { clause: '4.4.3.5', says: 'the type stays, and an EVENT loses nothing',
    check: ({ before, now }) => (before.type === 'EVENT' && (now.first !== before.first || !['EVENT', 'VOD'].includes(now.type)) ? [`${now.type} from ${now.first}`] : []) },
  { clause: '6.2.1', says: 'an ended playlist does not change',
    check: ({ before, now }) => (before.ended && (!now.ended || before.segments.length !== now.segments.length) ? ['it did'] : []) },
  { clause: '4.4.5.3', says: 'the part that was hinted at is the next one told',
    check: ({ before, now }) => {
      const hint = before.hints.find((it) => it.TYPE === 'PART')?.URI;
      const last = before.segments.at(-1), known = new Set(before.segments.flatMap((it) => it.parts.map((part) => part.uri)));
      const next = now.segments.filter((it) => !last || it.msn >= last.msn).flatMap((it) => it.parts).find((it) => !known.has(it.uri));
      const broken = now.segments.some((it) => last && it.msn > last.msn && (it.discontinuity || it.gap)); // its part never came
      return hint && next && !broken && next.uri !== hint ? [`${hint}, but ${next.uri}`] : [];
    } },
  { clause: '6.2.2', says: 'a live playlist has news within three target durations, or a discontinuity before them',
    check: ({ before, now, silent_ms = 0 }) => {
      const last = before.segments.at(-1);
      const broken = now.segments.some((it) => last && it.msn > last.msn && (it.discontinuity || it.gap));
      return silent_ms > 3 * before.target && !broken && !now.ended ? [`${silent_ms} ms without, of ${before.target}`] : [];
    } },
  { clause: '6.2.5.1', says: 'a delta update skips only what the player has',
    check: ({ now }) => (now.missing > 0 ? [`${now.missing} segments are nowhere`] : []) },
];

/** Rules of all media playlists of a title at about the same time: { lists: [{ uri, list }] }. */
export const sisterRules = [
  { clause: '6.2.4', says: 'renditions have one target duration',
    check: ({ lists }) => (new Set(lists.map((it) => it.list.target)).size > 1 ? [lists.map((it) => it.list.target).join()] : []) },
  { clause: '6.2.4', says: 'the same number is the same time in all renditions (a gap begins where the media before it broke off), and as many discontinuities precede it',
    check: ({ lists }) => {
      const at = new Map(), wrong = [];
      for (const { uri, list } of lists) {
        let breaks = list.breaks;
        for (const it of list.segments) {
          breaks += it.discontinuity ? 1 : 0;
          const other = at.get(it.msn);
          if (!other) at.set(it.msn, { date: it.date, breaks, gap: it.gap });
          else if ((!it.gap && !other.gap && Math.abs(other.date - it.date) > TENTH) || other.breaks !== breaks) wrong.push(`${uri} ${it.msn}: ${it.date}/${breaks}, elsewhere ${other.date}/${other.breaks}`);
        }
      }
      return wrong;
    } },
  { clause: '4.4.5.4', says: 'each living playlist reports on all its sisters',
    check: ({ lists }) => lists.filter((it) => !it.list.ended && it.list.partTarget !== null && it.list.reports.length !== lists.length - 1)
      .map((it) => `${it.uri}: ${it.list.reports.length} reports of ${lists.length - 1}`) },
  { clause: '4.4.5.4', says: 'a report names a last segment and part that are there or were (within two segments)',
    check: ({ lists }) => lists.flatMap(({ uri, list }) => list.reports.filter((report) => {
      const last = list.segments.at(-1)?.msn;
      return !/^\d+$/.test(report['LAST-MSN'] ?? '') || Math.abs(Number(report['LAST-MSN']) - last) > 2;
    }).map((report) => `${uri}: ${JSON.stringify(report)}`)) },
];

const isLanguage = (tag) => /^([a-z]{2,3}|[a-z]{4,8})(-[a-z]{4})?(-([a-z]{2}|\d{3}))?(-([a-z\d]{5,8}|\d[a-z\d]{3}))*(-[a-wyz\d](-[a-z\d]{2,8})+)*(-x(-[a-z\d]{1,8})+)?$/i.test(tag);

/** Rules of a multivariant playlist: { main, peaks: Map(uri → bit/s measured) }. */
export const mainRules = [
  { clause: '4.1', says: 'it begins with #EXTM3U', check: ({ main }) => (main.text.startsWith('#EXTM3U\n') ? [] : [main.text.slice(0, 20)]) },
  { clause: '4.4.6.2', says: 'each variant has BANDWIDTH and CODECS, a picture also RESOLUTION and FRAME-RATE',
    check: ({ main }) => main.variants.filter(({ is }) => !(is.BANDWIDTH > 0) || !is.CODECS || (/avc1|hvc1|hev1/.test(is.CODECS) && !(is.RESOLUTION && is['FRAME-RATE'])))
      .map((it) => `${it.uri}: ${JSON.stringify(it.is)}`) },
  { clause: '4.4.6.2', says: 'no segment needs more than its variant\'s BANDWIDTH (with 10 %: Apple authoring 9.11)',
    check: ({ main, peaks }) => main.variants.filter(({ uri, is }) => peaks.get(uri) > 1.1 * is.BANDWIDTH)
      .map(({ uri, is }) => `${uri}: ${Math.round(peaks.get(uri))} of ${is.BANDWIDTH} bit/s`) },
  { clause: '6.2.4', says: 'variants do not name the same playlist twice',
    check: ({ main }) => main.variants.map((it) => it.uri).filter((uri, i, all) => all.indexOf(uri) !== i) },
  { clause: '4.4.6.1', says: 'a rendition has a TYPE, a GROUP-ID and a NAME',
    check: ({ main }) => main.media.filter((it) => !['AUDIO', 'VIDEO', 'SUBTITLES', 'CLOSED-CAPTIONS'].includes(it.TYPE) || !it['GROUP-ID'] || !it.NAME)
      .map((it) => JSON.stringify(it)) },
  { clause: '4.4.6.1', says: 'subtitles have a URI, and only they may be FORCED',
    check: ({ main }) => main.media.filter((it) => (it.TYPE === 'SUBTITLES' ? !it.URI : it.FORCED)).map((it) => JSON.stringify(it)) },
  { clause: '4.4.6.1', says: 'a LANGUAGE is a tag of BCP 47, and subtitles have one',
    check: ({ main }) => main.media.filter((it) => !(it.LANGUAGE === undefined ? it.TYPE !== 'SUBTITLES' : isLanguage(it.LANGUAGE))).map((it) => `${it.NAME}: ${it.LANGUAGE}`) },
  { clause: '4.4.6.1', says: 'AUTOSELECT, DEFAULT and FORCED are YES or NO, and what is the DEFAULT may be selected',
    check: ({ main }) => main.media.filter((it) => ['AUTOSELECT', 'DEFAULT', 'FORCED'].some((name) => !['YES', 'NO', undefined].includes(it[name])) ||
      (it.DEFAULT === 'YES' && it.AUTOSELECT === 'NO')).map((it) => JSON.stringify(it)) },
  { clause: '4.4.6.1.1', says: 'renditions of a group have different names, and at most one is the DEFAULT',
    check: ({ main }) => main.media.filter((it, i) => main.media.slice(0, i).some((other) => other.TYPE === it.TYPE && other['GROUP-ID'] === it['GROUP-ID'] &&
      (other.NAME === it.NAME || (other.DEFAULT === 'YES' && it.DEFAULT === 'YES')))).map((it) => `${it['GROUP-ID']}: ${it.NAME}`) },
  { clause: '4.4.6.2', says: 'the group of subtitles a variant names is there',
    check: ({ main }) => main.variants.filter(({ is }) => is.SUBTITLES && !main.media.some((it) => it.TYPE === 'SUBTITLES' && it['GROUP-ID'] === is.SUBTITLES))
      .map(({ uri, is }) => `${uri}: ${is.SUBTITLES}`) },
  { clause: '6.2.4', says: 'all variants name the same group of subtitles, and each group is named',
    check: ({ main }) => {
      const named = new Set(main.variants.map(({ is }) => is.SUBTITLES));
      const lonely = main.media.filter((it) => it.TYPE === 'SUBTITLES' && !named.has(it['GROUP-ID'])).map((it) => `${it['GROUP-ID']} is nobody's`);
      return named.size > 1 ? [[...named].join(), ...lonely] : lonely;
    } },
];

/**
 * Rules of the media playlist of subtitles: { list, sister: a variant's media playlist, words: [{ segment, map, cues, text }] of its
 * segments in order, ahead: s that time stamps are ahead of UTC in the last stretch, or null when nothing of it was seen }.
 */
export const wordsRules = [
  { clause: '3.1.4', says: 'a segment of subtitles is WebVTT',
    check: ({ words }) => words.filter((it) => !/^WEBVTT([ \t\r\n]|$)/.test(it.text)).map((it) => it.segment.uri) },
  { clause: '3.1.4', says: 'its header maps its times to those of the media',
    check: ({ words }) => words.filter((it) => it.map === null).map((it) => it.segment.uri) },
  { clause: '3.1.4', says: 'a segment has no cue that is not seen in it',
    check: ({ list, words, ahead }) => words.filter((it) => ahead !== null && !list.segments.some((one) => one.discontinuity && one.msn > it.segment.msn)).flatMap((it) => {
      const from = it.segment.date / 1000 + ahead, to = from + it.segment.duration / 1000;
      return it.cues.filter((cue) => cue.from >= to + SLACK_S || cue.to <= from - SLACK_S).map((cue) => `${it.segment.uri}: ${cue.from} to ${cue.to} s, the media is ${from} to ${to} s`);
    }) },
  { clause: '6.2.4', says: 'subtitles have the target duration of their sisters, unless they are of type VOD',
    check: ({ list, sister }) => (list.target !== sister.target && list.type !== 'VOD' ? [`${list.target}, sisters ${sister.target}`] : []) },
  { clause: '6.2.4', says: 'subtitles break where their sisters do',
    check: ({ list, sister }) => {
      const [ours, theirs] = [list, sister].map((of) => of.segments.filter((it) => it.discontinuity).map((it) => it.date));
      const same = list.breaks === sister.breaks && ours.length === theirs.length && ours.every((it, i) => Math.abs(it - theirs[i]) <= TENTH);
      return same ? [] : [`${list.breaks} and at ${ours}, sisters ${sister.breaks} and at ${theirs}`];
    } },
  { clause: '6.2.4', says: 'subtitles are as long as their sisters (within a tenth of a second), of which some may have lost the end of a stretch',
    check: ({ list, sister, longest = total(sister) }) => (Math.abs(total(list) - longest) > TENTH ? [`${total(list)} of ${longest} ms`] : []) },
  { clause: '6.2.4', says: 'dates stand in all media playlists or in none, and they begin at the same time',
    check: ({ list, sister }) => {
      const [ours, theirs] = [list, sister].map((it) => it.segments[0]?.date ?? null);
      return (ours === null) === (theirs === null) && Math.abs(ours - theirs) <= TENTH ? [] : [`${ours}, sisters ${theirs}`];
    } },
  { clause: '6.2.4', says: 'subtitles have the type and the dated ranges of their sisters',
    check: ({ list, sister }) => {
      const told = (of) => [of.type, ...of.ranges.map((it) => it.text).sort()].join('\n');
      return told(list) === told(sister) ? [] : [told(list)];
    } },
];

const PLAYLIST = /^(application\/vnd\.apple\.mpegurl|audio\/mpegurl)/;
const TYPES = { main: PLAYLIST, list: PLAYLIST, words: /^text\/vtt/ };

/** Rules of an answer: { kind: 'main' | 'list' | 'segment' | 'part' | 'init' | 'words', status, type, encoding, cache, blocked, target }. */
export const answerRules = [
  { clause: '4', says: 'playlists are application/vnd.apple.mpegurl (or audio/mpegurl), media video/mp4, audio/mp4 or video/iso.segment, subtitles text/vtt',
    check: (it) => ((TYPES[it.kind] ?? /^(video|audio)\/(mp4|iso\.segment)/).test(it.type) ? [] : [`${it.kind}: ${it.type}`]) },
  { clause: '6.2.5.2', says: 'a blocked answer may be cached six target durations at most, another not longer than half a target duration',
    check: (it) => {
      if (it.kind !== 'list' || it.ended) return [];
      const age = Number(it.cache?.match(/max-age=(\d+)/)?.[1] ?? 0) * 1000;
      return age > (it.blocked ? 6 * it.target : it.target / 2) ? [`${it.cache}`] : [];
    } },
  { clause: 'Apple authoring 1.30', says: 'playlists are sent gzipped to who takes it',
    check: (it) => (/main|list/.test(it.kind) && it.bytes > 1000 && it.encoding !== 'gzip' ? [`${it.kind}: ${it.encoding ?? 'plain'}`] : []) },
  { clause: '6.2.1', says: 'media may be cached for an hour or more: its name is its content',
    check: (it) => (/segment|part|init/.test(it.kind) && !(Number(it.cache?.match(/max-age=(\d+)/)?.[1]) >= 3600) ? [`${it.kind}: ${it.cache}`] : []) },
];

/** Rules of a segment's media: { segment, bytes, parts: [Buffer], fragments, last: { [track]: end }, sample }. */
export const mediaRules = [
  { clause: '4.4.4.9', says: 'the parts of a segment are its bytes',
    check: ({ segment, bytes, parts }) => (parts.length && !Buffer.concat(parts).equals(bytes) ? [segment.uri] : []) },
  { clause: '3.1', says: 'a segment has the duration its playlist tells (within a frame and a half)',
    check: ({ segment, fragments }) => {
      const lead = fragments.some((it) => it.video) ? fragments.filter((it) => it.video) : fragments;
      const length = lead.length ? (Math.max(...lead.map((it) => it.end)) - Math.min(...lead.map((it) => it.start))) * 1000 : 0;
      return Math.abs(length - segment.duration) > 75 ? [`${segment.uri}: ${Math.round(length)} of ${segment.duration} ms`] : [];
    } },
  { clause: '4.4.2.1', says: 'a segment begins with a sync sample in each track',
    check: ({ segment, fragments }) => {
      const first = new Map();
      for (const it of fragments) if (!first.has(it.track)) first.set(it.track, it);
      return [...first.values()].filter((it) => !it.sync).map((it) => `${segment.uri} track ${it.track}`);
    } },
  { clause: '6.2.1', says: 'a part declared independent begins with a sync sample, and one that does is declared',
    check: ({ segment, partFragments }) => (partFragments ?? []).flatMap((found, i) => {
      const video = found.find((it) => it.video) ?? found[0];
      return video && segment.parts[i] && segment.parts[i].independent !== video.sync && segment.parts[i].independent ? [segment.parts[i].uri] : [];
    }) },
  { clause: '4.4.4.3', says: 'time goes on without holes or overlaps, except behind a discontinuity (within 50 ms)',
    check: ({ segment, fragments, last }) => {
      const ends = { ...last }, wrong = [];
      for (const it of fragments) {
        if (ends[it.track] !== undefined && Math.abs(it.start - ends[it.track]) > 0.05) wrong.push(`${segment.uri} track ${it.track}: ${it.start.toFixed(3)} s after ${ends[it.track].toFixed(3)}`);
        ends[it.track] = it.end;
      }
      return wrong;
    } },
];

export const rules = [...listRules, ...stepRules, ...sisterRules, ...mainRules, ...wordsRules, ...answerRules, ...mediaRules];
