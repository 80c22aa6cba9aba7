// The playlists of a class with a break in it, held against the rules of RFC 8216bis; and the rules against broken playlists.
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { after, before, test } from 'node:test';
import { parseMain, parseMedia, parseWords } from '../hls-rules/playlist.mjs';
import { answerRules, listRules, mainRules, sisterRules, stepRules, wordsRules } from '../hls-rules/rules.mjs';
import { watch } from '../hls-rules/watch.mjs';
import { house, until, wait } from './lib/house.mjs';
import { Learner } from './lib/learner.mjs';
import { publish } from './lib/publisher.mjs';

const SECONDS = Number(process.env.HLS_SECONDS ?? 40);

/** A lawful playlist of six segments of 2 s and one in hand. */
function lawful() {
  const lines = ['#EXTM3U', '#EXT-X-VERSION:9', '#EXT-X-TARGETDURATION:2',
    '#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,PART-HOLD-BACK=1.500,CAN-SKIP-UNTIL=12.0', '#EXT-X-PART-INF:PART-TARGET=0.50000',
    '#EXT-X-MEDIA-SEQUENCE:10', '#EXT-X-INDEPENDENT-SEGMENTS',
    '#EXT-X-DATERANGE:ID="chapter-1",CLASS="c",START-DATE="2026-01-01T00:00:21.000Z",END-ON-NEXT=YES,X-TITLE="运条"',
    '#EXT-X-DATERANGE:ID="cut-1",CLASS="i",START-DATE="2026-01-01T00:00:21.000Z",DURATION=1.500', '#EXT-X-MAP:URI="init-0.mp4"'];
  for (let msn = 10; msn < 16; msn++) {
    lines.push(`#EXT-X-PROGRAM-DATE-TIME:2026-01-01T00:00:${20 + 2 * (msn - 10)}.000Z`);
    for (let i = 0; i < 4 && msn >= 13; i++) lines.push(`#EXT-X-PART:DURATION=0.50000,URI="${msn}.${i}.m4s"${i ? '' : ',INDEPENDENT=YES'}`);
    lines.push('#EXTINF:2.00000,', `${msn}.m4s`);
  }
  lines.push('#EXT-X-PROGRAM-DATE-TIME:2026-01-01T00:00:32.000Z', '#EXT-X-PART:DURATION=0.50000,URI="16.0.m4s",INDEPENDENT=YES',
    '#EXT-X-PRELOAD-HINT:TYPE=PART,URI="16.1.m4s"', '#EXT-X-RENDITION-REPORT:URI="../b/index.m3u8",LAST-MSN=16,LAST-PART=0', '');
  return lines.join('\n');
}

const broken = (rules, it) => rules.filter((rule) => rule.check(it).length > 0).map((rule) => rule.says);

test('a lawful playlist breaks no rule', () => {
  const list = parseMedia(lawful());
  assert.deepEqual(broken(listRules, { list, delta: false }), []);
  assert.deepEqual(broken(stepRules, { before: list, now: list }), []);
  assert.deepEqual(broken(sisterRules, { lists: [{ uri: 'a', list }, { uri: 'b', list }] }), []);
});

test('each rule of one playlist finds what breaks it', () => {
  const breaks = [
    [/begins with #EXTM3U/, (text) => '\n' + text],
    [/stand once/, (text) => text.replace('#EXT-X-VERSION:9', '#EXT-X-VERSION:9\n#EXT-X-VERSION:9')],
    [/is a target duration/, (text) => text.replace(/#EXT-X-TARGETDURATION.*\n/, '')],
    [/version is that/, (text) => text.replace('VERSION:9', 'VERSION:3')],
    [/rounded at most/, (text) => text.replace('#EXTINF:2.00000', '#EXTINF:2.60000')],
    [/stand before the first segment/, (text) => text.replace('#EXT-X-MEDIA-SEQUENCE:10\n', '').replace('10.m4s\n', '10.m4s\n#EXT-X-MEDIA-SEQUENCE:10\n')],
    [/have a map/, (text) => text.replace(/#EXT-X-MAP.*\n/, '')],
    [/time zone/, (text) => text.replace('00:20.000Z', '00:20')],
    [/dates go on/, (text) => text.replace('00:22.000Z', '00:23.000Z')],
    [/need a part target/, (text) => text.replace(/#EXT-X-PART-INF.*\n/, '')],
    [/no part is longer/, (text) => text.replace('DURATION=0.50000,URI="14.1', 'DURATION=0.51000,URI="14.1')],
    [/no part is longer/, (text) => text.replace('DURATION=0.50000,URI="14.1', 'DURATION=0.42000,URI="14.1')],
    [/make up its duration/, (text) => text.replace(/#EXT-X-PART:.*"14.3.*\n/, '')],
    [/begin with an independent part/, (text) => text.replace('URI="14.0.m4s",INDEPENDENT=YES', 'URI="14.0.m4s"')],
    [/told for the last three/, (text) => text.replace(/#EXT-X-PART:.*"14\..*\n/g, '')],
    [/told no more/, (text) => text.replace('#EXTINF:2.00000,\n11.m4s', '#EXT-X-PART:DURATION=0.50000,URI="11.0.m4s",INDEPENDENT=YES\n#EXTINF:2.00000,\n11.m4s')],
    [/PART-HOLD-BACK/, (text) => text.replace('PART-HOLD-BACK=1.500', 'PART-HOLD-BACK=1.200')],
    [/HOLD-BACK, if told/, (text) => text.replace('PART-HOLD-BACK', 'HOLD-BACK=5.0,PART-HOLD-BACK')],
    [/CAN-SKIP-UNTIL is/, (text) => text.replace('UNTIL=12.0', 'UNTIL=8.0')],
    [/can block/, (text) => text.replace('CAN-BLOCK-RELOAD=YES,', '')],
    [/one next part/, (text) => text.replace(/#EXT-X-PRELOAD-HINT.*\n/, '')],
    [/only a delta update/, (text) => text.replace('#EXT-X-MAP', '#EXT-X-SKIP:SKIPPED-SEGMENTS=3\n#EXT-X-MAP')],
    [/has an ID and a START-DATE/, (text) => text.replace('ID="chapter-1",', '')],
    [/has an ID and a START-DATE/, (text) => text.replace('21.000Z",END', '21.000",END')],
    [/is not negative/, (text) => text.replace('DURATION=1.500', 'DURATION=-1')],
    [/is not negative/, (text) => text.replace('CLASS="c",', '')],
    [/is not negative/, (text) => text.replace('DURATION=1.500', 'DURATION=1.500,END-DATE="2026-01-01T00:00:29.000Z"')],
    [/ranges of one ID agree/, (text) => text.replace('ID="cut-1"', 'ID="chapter-1"')],
    [/attributes of a range are names/, (text) => text.replace('X-TITLE="运条"', 'X-TITLE=运,条')],
    [/holds three target durations/, (text) => text.replace(/#EXT-X-PROGRAM-DATE-TIME:.*\n(#EXT-X-PART.*\n)*#EXTINF.*\n1[0-3].m4s\n/g, '')],
  ];
  for (const [says, mend] of breaks) {
    const list = parseMedia(mend(lawful()));
    assert.ok(broken(listRules, { list, delta: false }).some((it) => says.test(it)), String(says));
  }
  assert.deepEqual(listRules.filter((rule) => !breaks.some(([says]) => says.test(rule.says))).map((rule) => rule.says), []);
});

test('each rule of two states finds what breaks it', () => {
  const breaks = [
    [/never change/, (text) => text.replace('TARGETDURATION:2', 'TARGETDURATION:3')],
    [/never decreases/, (text) => text.replace('SEQUENCE:10', 'SEQUENCE:9')],
    [/stays as it was/, (text) => text.replace('#EXTINF:2.00000,\n12', '#EXTINF:1.90000,\n12')],
    [/never told otherwise/, (text) => text.replace('X-TITLE="运条"', 'X-TITLE="收弧"')],
    [/vanishes/, (text) => text.replace(/#EXT-X-PART:.*"16.0.*\n/, '')],
    [/counts the discontinuities/, (text) => text.replace('#EXT-X-INDEPENDENT', '#EXT-X-DISCONTINUITY-SEQUENCE:4\n#EXT-X-INDEPENDENT')],
    [/the next one told/, (text) => text.replace('#EXT-X-PRELOAD', '#EXT-X-PART:DURATION=0.50000,URI="16.2.m4s"\n#EXT-X-PRELOAD')],
  ];
  const before = parseMedia(lawful());
  for (const [says, mend] of breaks)
    assert.ok(broken(stepRules, { before, now: parseMedia(mend(lawful())) }).some((it) => says.test(it)), String(says));
  const event = parseMedia(lawful().replace('#EXT-X-MEDIA', '#EXT-X-PLAYLIST-TYPE:EVENT\n#EXT-X-MEDIA'));
  assert.ok(broken(stepRules, { before: event, now: before }).some((it) => /EVENT/.test(it)));
  assert.ok(broken(stepRules, { before: parseMedia(lawful() + '#EXT-X-ENDLIST\n'), now: before }).some((it) => /does not change/.test(it)));
  assert.ok(broken(stepRules, { before, now: { ...before, missing: 2 } }).some((it) => /what the player has/.test(it)));
  const later = (tag) => parseMedia(lawful().replace('#EXT-X-PRELOAD', `#EXTINF:2.00000,\n16.m4s\n${tag}#EXTINF:2.00000,\n17.m4s\n#EXT-X-PRELOAD`));
  const silent = (silent_ms, tag) => broken(stepRules, { before, now: later(tag), silent_ms }).filter((it) => /has news/.test(it)).length;
  assert.deepEqual([silent(7000, ''), silent(5000, ''), silent(7000, '#EXT-X-DISCONTINUITY\n')], [1, 0, 0]);
});

test('a playlist that is refused, or not answered at all, is told', async () => {
  let asked = 0;
  const server = createServer((request, response) => {
    if (request.url === '/main.m3u8') return response.end(MAIN.replace(/#EXT-X-MEDIA.*\n/g, '').replaceAll(/,SUBTITLES="captions"/g, ''));
    if (request.url.startsWith('/a.m3u8') && asked === 0) return asked++, response.end(lawful());
    if (request.url.startsWith('/a.m3u8')) return asked++ === 1 ? response.writeHead(404).end() : request.socket.destroy();
    return response.writeHead(404).end();
  });
  await new Promise((done) => server.listen(0, '127.0.0.1', done));
  const { violations } = await watch(`http://127.0.0.1:${server.address().port}/main.m3u8`, { seconds: 3 });
  server.closeAllConnections();
  server.close();
  const told = new Set(violations.filter((it) => /reload is answered/.test(it.says)).map((it) => it.what));
  assert.ok(told.has('status 404') && [...told].some((it) => it.startsWith('status none: ')), JSON.stringify([...told]));
});

test('the rules of sisters and variants find what breaks them', () => {
  const list = parseMedia(lawful());
  const sister = (mend) => broken(sisterRules, { lists: [{ uri: 'a', list }, { uri: 'b', list: parseMedia(mend(lawful())) }] });
  assert.match(sister((text) => text.replace('TARGETDURATION:2', 'TARGETDURATION:3')).join(), /one target/);
  assert.match(sister((text) => text.replaceAll('00:2', '01:2')).join(), /same time/);
  assert.match(sister((text) => text.replace(/#EXT-X-RENDITION.*\n/, '')).join(), /reports on all/);
  assert.match(sister((text) => text.replace('LAST-MSN=16', 'LAST-MSN=6')).join(), /last segment and part/);
});

const VARIANT = '#EXT-X-STREAM-INF:BANDWIDTH=900000,CODECS="avc1.4d401e",RESOLUTION=854x480,FRAME-RATE=30.000,SUBTITLES="captions"\n';
const LANGUAGE = '#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID="captions",LANGUAGE="zh-Hans",AUTOSELECT=YES,DEFAULT=NO,FORCED=NO,URI="zh.m3u8",NAME="中文"\n';
const MAIN = `#EXTM3U\n${LANGUAGE}${LANGUAGE.replaceAll('zh-Hans', 'en').replace('中文', 'English')}${VARIANT}a.m3u8\n${VARIANT}b.m3u8\n`;

test('each rule of a multivariant playlist finds what breaks it', () => {
  const breaks = [
    [/begins with #EXTM3U/, (text) => '\n' + text],
    [/BANDWIDTH and CODECS/, (text) => text.replace(',RESOLUTION=854x480', '')],
    [/BANDWIDTH and CODECS/, (text) => text.replace(/CODECS="[^"]*",/, '')],
    [/needs more than/, (text) => text.replace('BANDWIDTH=900000', 'BANDWIDTH=4000')],
    [/same playlist twice/, (text) => text.replace('b.m3u8', 'a.m3u8')],
    [/has a TYPE/, (text) => text.replace('TYPE=SUBTITLES', 'TYPE=TEXT')],
    [/has a TYPE/, (text) => text.replace('NAME="中文"', 'X-NAME="中文"')],
    [/subtitles have a URI/, (text) => text.replace('URI="zh.m3u8",', '')],
    [/BCP 47/, (text) => text.replace('"zh-Hans"', '"zh_Hans"')],
    [/BCP 47/, (text) => text.replace('LANGUAGE="zh-Hans",', '')],
    [/YES or NO/, (text) => text.replace('FORCED=NO', 'FORCED=FALSE')],
    [/YES or NO/, (text) => text.replace('AUTOSELECT=YES,DEFAULT=NO', 'AUTOSELECT=NO,DEFAULT=YES')],
    [/different names/, (text) => text.replace('English', '中文')],
    [/different names/, (text) => text.replaceAll('DEFAULT=NO', 'DEFAULT=YES')],
    [/a variant names is there/, (text) => text.replaceAll('SUBTITLES="captions"', 'SUBTITLES="words"')],
    [/name the same group/, (text) => text.replace(',SUBTITLES="captions"\na', '\na')],
    [/name the same group/, (text) => text.replaceAll(',SUBTITLES="captions"', '')],
  ];
  const wrong = (text) => broken(mainRules, { main: parseMain(text), peaks: new Map([['a.m3u8', 5000]]) });
  assert.deepEqual(wrong(MAIN), []);
  for (const [says, mend] of breaks) assert.ok(wrong(mend(MAIN)).some((it) => says.test(it)), String(says));
  assert.deepEqual(mainRules.filter((rule) => !breaks.some(([says]) => says.test(rule.says))).map((rule) => rule.says), []);
});

/** Two minutes with a hole of one between them, and the pieces of its subtitles. */
const ENDED = ['#EXTM3U', '#EXT-X-VERSION:9', '#EXT-X-TARGETDURATION:60', '#EXT-X-PLAYLIST-TYPE:VOD', '#EXT-X-MEDIA-SEQUENCE:0',
  '#EXT-X-DATERANGE:ID="cut-1",CLASS="i",START-DATE="2026-01-01T00:01:00.000Z",DURATION=60.000',
  '#EXT-X-PROGRAM-DATE-TIME:2026-01-01T00:00:00.000Z', '#EXTINF:60.00000,', '0.m4s', '#EXT-X-DISCONTINUITY',
  '#EXT-X-PROGRAM-DATE-TIME:2026-01-01T00:02:00.000Z', '#EXTINF:60.00000,', '1.m4s', '#EXT-X-ENDLIST', ''].join('\n');
const SPOKEN = ENDED.replaceAll('.m4s', '.vtt').replace('TARGETDURATION:60', 'TARGETDURATION:61');
const PIECES = ['01', '02'].map((at) => `WEBVTT\nX-TIMESTAMP-MAP=LOCAL:00:00:00.000,MPEGTS:900000\n\n00:${at}:59.500 --> 00:${at}:59.900\n焊\n\n`.replace('00:01:', '00:00:'));
const AHEAD = 10 - Date.parse('2026-01-01T00:00:00Z') / 1000; // time stamps begin at 10 s

test('each rule of subtitles finds what breaks it, and the rules of answers know them', () => {
  const wrong = ({ list = SPOKEN, pieces = PIECES }) => {
    const is = parseMedia(list), words = is.segments.map((segment, i) => ({ segment, ...parseWords(pieces[i]) }));
    return broken(wordsRules, { list: is, sister: parseMedia(ENDED), words, ahead: AHEAD });
  };
  const breaks = [
    [/is WebVTT/, { pieces: [PIECES[0].replace('WEBVTT', 'WEB'), PIECES[1]] }],
    [/header maps/, { pieces: [PIECES[0].replace(/X-TIMESTAMP.*\n/, ''), PIECES[1]] }],
    [/not seen in it/, { pieces: [PIECES[0], PIECES[1].replace('900000', '9000000')] }],
    [/not seen in it/, { pieces: [PIECES[0], PIECES[0]] }],
    [/target duration of their sisters/, { list: SPOKEN.replace('TYPE:VOD', 'TYPE:EVENT') }],
    [/break where/, { list: SPOKEN.replace('#EXT-X-DISCONTINUITY\n', '') }],
    [/break where/, { list: SPOKEN.replace('00:02:00', '00:01:00') }],
    [/break where/, { list: SPOKEN.replace('SEQUENCE:0', 'SEQUENCE:0\n#EXT-X-DISCONTINUITY-SEQUENCE:1') }],
    [/as long as/, { list: SPOKEN.replace('#EXTINF:60', '#EXTINF:59') }],
    [/in all media playlists or in none/, { list: SPOKEN.replaceAll(/#EXT-X-PROGRAM.*\n/g, '') }],
    [/in all media playlists or in none/, { list: SPOKEN.replace('00:00:00.000Z', '00:00:01.000Z') }],
    [/dated ranges of their sisters/, { list: SPOKEN.replace(/#EXT-X-DATERANGE.*\n/, '') }],
    [/dated ranges of their sisters/, { list: SPOKEN.replace('TYPE:VOD', 'TYPE:EVENT') }],
  ];
  assert.deepEqual(wrong({}), []);
  assert.deepEqual(broken(listRules, { list: parseMedia(SPOKEN), delta: false }), []);
  for (const [says, it] of breaks) assert.ok(wrong(it).some((one) => says.test(one)), String(says));
  assert.deepEqual(wordsRules.filter((rule) => !breaks.some(([says]) => says.test(rule.says))).map((rule) => rule.says), []);
  assert.deepEqual(broken(answerRules, { kind: 'words', type: 'text/vtt; charset=utf-8' }), []);
  assert.match(broken(answerRules, { kind: 'words', type: 'video/mp4' }).join(), /text\/vtt/);
});

let home, lecture, encoder, report;

const mainOf = (it) => `${home.url}/media/${it.title_id}/main.m3u8`;

before(async () => {
  home = await house();
  const master = await home.person('zhao', 'master', '赵铁柱');
  lecture = { ...(await home.classOf(master, '仰焊')), master };
  encoder = publish(`${home.rtmp}/${lecture.publish.key}`);
  await home.untilState(lecture.id, 'on_air');
});
after(async () => {
  await encoder.kill();
  await home.stop();
});

test('a class with a break in it breaks no rule', { timeout: (SECONDS + 240) * 1000 }, async (t) => {
  const is = await new Learner(home, lecture.title_id, null).takePass();
  await until('all renditions have media', async () => parseMain(await (await is.media('main.m3u8')).text()).variants.length >= 4);
  const lengthS = async () => [...(await (await is.media('480p/dvr.m3u8')).text()).matchAll(/#EXTINF:([\d.]+)/g)].reduce((sum, [, one]) => sum + Number(one), 0);
  await until('there is nearly enough to be skipped by a delta update', async () => (await lengthS()) > 28);
  const watching = watch(mainOf(lecture), { seconds: SECONDS, headers: { cookie: `jt_pass=${is.pass}` } });
  await wait(SECONDS * 150);
  const { token } = lecture.master;
  await home.api('POST', `/api/v1/titles/${lecture.title_id}/chapters`, { token, body: { title: '引弧"' }, status: 201 });
  await wait(SECONDS * 150);
  await home.api('POST', `/api/v1/titles/${lecture.title_id}/chapters`, { token, body: { title: '运条', at_ms: 500 }, status: 201 });
  await encoder.kill();
  await home.untilState(lecture.id, 'interrupted');
  encoder = publish(`${home.rtmp}/${lecture.publish.key}`);
  await home.untilState(lecture.id, 'on_air');
  await wait(SECONDS * 150);
  const [pid] = await home.workers();
  process.kill(pid, 'SIGKILL'); // in mid-segment: what it had in hand is a gap, or was never told
  await until('another worker', async () => (await home.workers()).some((other) => other !== pid));
  report = await watching;
  t.diagnostic(String(report).split('\n')[0]);
  assert.equal(report.violations.length, 0, String(report));
  const { deltas, discontinuities, segments, parts, ranges } = report.counts;
  assert.ok(deltas > 10 && discontinuities > 5 && segments > 20 && parts > 100 && ranges > 10, JSON.stringify(report.counts));
  const text = await (await is.media('480p/dvr.m3u8')).text();
  assert.match(text, /#EXT-X-DATERANGE:ID="chapter-1",CLASS="jiangtang\.chapter",START-DATE="[^"]*Z",END-ON-NEXT=YES,X-TITLE="引弧”"\n/);
});

test('what cannot be is refused at once', async () => {
  const is = await new Learner(home, lecture.title_id, null).takePass();
  const ask = async (query) => (await is.media(`480p/index.m3u8?${query}`)).status;
  assert.equal(await ask('_HLS_part=1'), 400);
  assert.equal(await ask('_HLS_msn=99999'), 400);
  assert.equal(await ask('_HLS_msn=-1'), 400);
  assert.equal(await ask('_HLS_msn=0'), 200);
  assert.equal((await is.media('480p/99999.m4s')).status, 404);
  assert.equal((await is.media('480p/99999.0.m4s')).status, 404);
});

test('the ended class is a recording that breaks no rule', { timeout: 60_000 }, async (t) => {
  const is = await new Learner(home, lecture.title_id, null).takePass();
  await home.api('POST', `/api/v1/classes/${lecture.id}/close`, { token: lecture.master.token, status: 200 });
  await home.untilState(lecture.id, 'closed');
  const over = await watch(mainOf(lecture), { seconds: 10, headers: { cookie: `jt_pass=${is.pass}` } });
  t.diagnostic(String(over).split('\n')[0]);
  assert.equal(over.violations.length, 0, String(over));
});

const two = (n) => String(Math.floor(n)).padStart(2, '0');
const clock = (s) => `${two(s / 3600)}:${two((s / 60) % 60)}:${two(s % 60)}.000`;

test('its captions are renditions that break no rule, and are none any more once they are taken away', { timeout: 60_000 }, async (t) => {
  const is = await new Learner(home, lecture.title_id, null).takePass();
  const { token } = lecture.master, at = `/api/v1/titles/${lecture.title_id}/captions`;
  const text = async () => (await is.media('main.m3u8')).text();
  const silent = await text();
  assert.doesNotMatch(silent, /SUBTITLES/);
  const vtt = `WEBVTT\n\n${Array.from({ length: 10 * SECONDS }, (_, s) => `${clock(s)} --> ${clock(s + 1)}\n第 ${s} 秒\n`).join('\n')}`;
  for (const lang of ['zh', 'en']) {
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'text/vtt' };
    assert.equal((await fetch(`${home.url}${at}/${lang}`, { method: 'PUT', headers, body: vtt })).status, 200);
  }
  const over = await watch(mainOf(lecture), { seconds: 10, headers: { cookie: `jt_pass=${is.pass}` } });
  t.diagnostic(String(over).split('\n')[0]);
  assert.equal(over.violations.length, 0, String(over));
  assert.ok(over.counts.words >= 4, JSON.stringify(over.counts)); // two stretches in each language
  for (const lang of ['zh', 'en']) await home.api('DELETE', `${at}/${lang}`, { token, status: 200 });
  assert.equal(await text(), silent);
});
