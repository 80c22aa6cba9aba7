// Follows a live title as several players at once and holds everything it is told against the rules.
import { setTimeout as wait } from 'node:timers/promises';
import { fragmentsOf, tracksOf } from './boxes.mjs';
import { parseMain, parseMedia, parseWords, patch } from './playlist.mjs';
import { answerRules, listRules, mainRules, mediaRules, sisterRules, stepRules, total, wordsRules } from './rules.mjs';

const LATEST_WAIT_MS = 30_000;

/** What was seen: how often each rule was held against something, and what broke one. */
export class Report {
  checks = 0;
  violations = [];
  counts = { playlists: 0, late: 0, deltas: 0, segments: 0, parts: 0, discontinuities: 0, gaps: 0, ranges: 0, words: 0 };

  hold(rules, it, where) {
    for (const rule of rules) {
      this.checks++;
      for (const what of rule.check(it)) this.violations.push({ clause: rule.clause, says: rule.says, where, what });
    }
  }

  toString() {
    const seen = Object.entries(this.counts).map(([what, count]) => `${count} ${what}`).join(', ');
    const lines = this.violations.map((it) => `${it.clause} ${it.says}: ${it.where}: ${it.what}`);
    return [`${this.checks} checks on ${seen}; ${lines.length} violations`, ...lines.slice(0, 50)].join('\n');
  }
}

/** A request that met no server, or nothing in LATEST_WAIT_MS; anything else is this program's own fault. */
function unanswered(error) {
  if (error.name !== 'TimeoutError' && error.message !== 'fetch failed') throw error;
  return { status: `none: ${error.cause?.code ?? error.name}` };
}

/** How far a playlist tells. */
function edgeOf(list) {
  const last = list.segments.at(-1);
  return `${last?.msn}.${last?.uri ? 'whole' : last?.parts.length}`;
}

class Watch {
  constructor(url, { headers = {}, until }) {
    Object.assign(this, { url, headers, until, report: new Report(), latest: new Map(), peaks: new Map(), ahead: null });
  }

  get over() {
    return Date.now() >= this.until;
  }

  async get(url, kind, more = {}) {
    const stop = AbortSignal.timeout(LATEST_WAIT_MS);
    const response = await fetch(url, { headers: { 'accept-encoding': 'gzip', ...this.headers }, signal: stop });
    const bytes = Buffer.from(await response.arrayBuffer());
    if (!response.ok) return { status: response.status, bytes };
    const head = { type: response.headers.get('content-type') ?? '', encoding: response.headers.get('content-encoding'), cache: response.headers.get('cache-control') };
    return { status: response.status, bytes, head: { kind, status: response.status, bytes: bytes.length, ...head, ...more } };
  }

  hold(rules, it, where) {
    this.report.hold(rules, it, where);
  }

  /** Where the next reload should wait: the part after the last one told. */
  next(list) {
    const last = list.segments.at(-1);
    if (!last) return { msn: list.first, part: 0 };
    return last.uri ? { msn: last.msn + 1, part: 0 } : { msn: last.msn, part: last.parts.length };
  }

  async reload(uri, before, turn, state) {
    const url = new URL(uri, this.url);
    const delta = Boolean(before?.control?.['CAN-SKIP-UNTIL']) && turn % 2 === 1;
    if (before?.control?.['CAN-BLOCK-RELOAD'] === 'YES') {
      const { msn, part } = this.next(before);
      url.searchParams.set('_HLS_msn', msn);
      if (before.partTarget !== null) url.searchParams.set('_HLS_part', part);
    }
    if (delta) url.searchParams.set('_HLS_skip', 'YES');
    const blocked = url.searchParams.has('_HLS_msn');
    const answer = await this.get(url, 'list', { blocked }).catch(unanswered);
    if (answer.status === 404 && !before) return null; // not yet
    if (answer.status === 503 && blocked) {
      this.report.counts.late++; // nothing came in time
      return null;
    }
    if (answer.status !== 200) {
      this.hold([{ clause: '6.2.5.2', says: 'a lawful reload is answered', check: () => [`status ${answer.status}`] }], null, url.pathname + url.search);
      return null;
    }
    const sent = parseMedia(answer.bytes.toString('utf8'));
    this.report.counts.playlists++;
    if (sent.skipped) this.report.counts.deltas++;
    this.report.counts.ranges += sent.ranges.length;
    this.hold(answerRules, { ...answer.head, target: sent.target, ended: sent.ended }, uri);
    this.hold(listRules, { list: sent, delta }, `${uri}${url.search}`);
    const now = before ? patch(before, sent) : sent;
    if (blocked && !now.ended) {
      const { msn, part } = this.next(before);
      const last = now.segments.at(-1);
      const there = last && (last.msn > msn || (last.msn === msn && (last.uri || last.parts.length > part)));
      this.hold([{ clause: '6.2.5.2', says: 'a blocked answer holds what was waited for', check: () => (there ? [] : [`${msn}.${part}`]) }], null, uri);
    }
    const silent_ms = Date.now() - (state.news ?? Date.now());
    if (before) this.hold(stepRules, { before, now, silent_ms: edgeOf(now) === edgeOf(before) ? 0 : silent_ms }, uri);
    if (!before || edgeOf(now) !== edgeOf(before)) state.news = Date.now();
    return now;
  }

  /** Downloads a whole segment, its parts, and checks their bytes and times. */
  async look(uri, segment, state) {
    const base = new URL(uri, this.url);
    this.report.counts.segments++;
    if (segment.discontinuity) {
      this.report.counts.discontinuities++;
      state.last = {};
    }
    if (segment.gap) {
      this.report.counts.gaps++;
      state.last = {};
      return;
    }
    if (state.init !== segment.init) {
      const init = await this.get(new URL(segment.init, base), 'init');
      if (!init.head) return;
      this.hold(answerRules, init.head, `${uri} ${segment.init}`);
      Object.assign(state, { init: segment.init, tracks: tracksOf(init.bytes), last: segment.discontinuity ? {} : state.last });
    }
    const whole = await this.get(new URL(segment.uri, base), 'segment');
    if (!whole.head) {
      this.hold([{ clause: '6.2.2', says: 'a segment that is told is there', check: () => [`status ${whole.status}`] }], null, segment.uri);
      return;
    }
    this.hold(answerRules, whole.head, segment.uri);
    this.peaks.set(uri, Math.max(this.peaks.get(uri) ?? 0, (whole.bytes.length * 8000) / segment.duration));
    const parts = [];
    for (const part of segment.parts) {
      const answer = await this.get(new URL(part.uri, base), 'part');
      if (!answer.head) break;
      this.report.counts.parts++;
      this.hold(answerRules, answer.head, part.uri);
      parts.push(answer.bytes);
    }
    const fragments = fragmentsOf(whole.bytes, state.tracks);
    const partFragments = parts.map((bytes) => fragmentsOf(bytes, state.tracks));
    const all = parts.length === segment.parts.length ? parts : [];
    this.hold(mediaRules, { segment, bytes: whole.bytes, parts: all, fragments, partFragments, last: state.last }, uri);
    for (const it of fragments) state.last[it.track] = it.end;
    const lead = fragments.find((it) => it.video) ?? fragments[0];
    if (lead && segment.date) this.ahead = lead.start - segment.date / 1000;
  }

  /** A language of subtitles, all of it, beside what the variants tell. */
  async read(uri) {
    const url = new URL(uri, this.url), words = [];
    const answer = await this.get(url, 'list');
    this.hold([{ clause: '6.2.2', says: 'a rendition that is told is there', check: () => (answer.head ? [] : [`status ${answer.status}`]) }], null, uri);
    if (!answer.head) return;
    const list = parseMedia(answer.bytes.toString('utf8'));
    this.hold(answerRules, { ...answer.head, target: list.target, ended: list.ended }, uri);
    this.hold(listRules, { list, delta: false }, uri);
    for (const segment of list.segments) {
      const got = await this.get(new URL(segment.uri, url), 'words');
      this.hold([{ clause: '6.2.2', says: 'a segment that is told is there', check: () => (got.head ? [] : [`status ${got.status}`]) }], null, segment.uri);
      if (!got.head) continue;
      this.report.counts.words++;
      this.hold(answerRules, got.head, segment.uri);
      words.push({ segment, ...parseWords(got.bytes.toString('utf8')) });
    }
    const longest = Math.max(...[...this.latest.values()].map(total));
    for (const [name, sister] of this.latest) this.hold(wordsRules, { list, sister, longest, words, ahead: this.ahead }, `${uri} beside ${name}`);
  }

  async follow(uri) {
    let list = null, seen = null;
    const state = { init: null, tracks: {}, last: {}, news: null };
    for (let turn = 0; !this.over; turn++) {
      const now = await this.reload(uri, list, turn, state);
      if (!now) {
        await wait(300);
        continue;
      }
      list = now;
      this.latest.set(uri, list);
      seen ??= Math.max(list.first, (list.segments.at(-1)?.msn ?? 0) - 2);
      for (const segment of list.segments) {
        if (segment.msn < seen || !segment.uri || (!list.ended && segment.msn >= this.next(list).msn)) continue;
        seen = segment.msn + 1;
        await this.look(uri, segment, state);
      }
      if (list.ended) return;
      if (list.control?.['CAN-BLOCK-RELOAD'] !== 'YES') await wait(list.target / 2);
    }
  }

  async run() {
    const answer = await this.get(this.url, 'main');
    if (!answer.head) throw new Error(`${this.url}: status ${answer.status}`);
    this.hold(answerRules, answer.head, 'main');
    let main = parseMain(answer.bytes.toString('utf8'));
    const uris = main.variants.map((it) => it.uri);
    await Promise.all([...uris.map((uri) => this.follow(uri)), this.compare(uris)]);
    const again = await this.get(this.url, 'main');
    if (again.head) main = parseMain(again.bytes.toString('utf8'));
    this.hold(mainRules, { main, peaks: this.peaks }, 'main');
    for (const it of main.media) if (it.TYPE === 'SUBTITLES' && it.URI) await this.read(it.URI);
    return this.report;
  }

  /** The sisters side by side, once a second. */
  async compare(uris) {
    while (!this.over) {
      await wait(1000);
      if (this.latest.size !== uris.length) continue;
      const lists = uris.map((uri) => ({ uri, list: this.latest.get(uri) }));
      this.hold(sisterRules, { lists }, 'renditions');
      if (lists.every((it) => it.list.ended)) return;
    }
  }
}

/** Watches the title of a multivariant playlist for so long, or until it ends. */
export function watch(url, { seconds, headers } = {}) {
  return new Watch(url, { headers, until: Date.now() + seconds * 1000 }).run();
}

