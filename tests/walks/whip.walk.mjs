// A browser publishes over WebRTC and another one watches; what the WHIP standard asks for; takeovers and losses.
import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { browser, CAMERA, page as newPage, PHONE } from './lib/browser.mjs';
import { camera } from './lib/camera.mjs';
import { house, run, until } from './lib/house.mjs';
import { Learner } from './lib/learner.mjs';
import { lossy } from './lib/lossy.mjs';
import { publish } from './lib/publisher.mjs';

const STUN = 'stun:stun.example.org:3478';
let home, master, lecture, url, key, studio, first, answer, config;

before(async () => {
  config = path.join(await mkdtemp(path.join(tmpdir(), 'jiangtang-whip-')), 'conf');
  await writeFile(config, `[whip]\nice_servers=${STUN}\n`);
  home = await house('--config', config);
  master = await home.person('zhao', 'master', '赵铁柱');
  lecture = await home.classOf(master, '平角焊实操');
  ({ whip: url, key } = lecture.publish);
  studio = await browser(CAMERA);
  first = await camera(await studio.newContext(), home.url);
});
after(async () => {
  await studio?.close();
  await home.stop();
  await rm(path.dirname(config), { recursive: true });
});

const ask = (method, to, { token = key, type, body, ...more } = {}) => {
  const headers = { ...(token && { authorization: `Bearer ${token}` }), ...(type && { 'content-type': type }), ...more };
  return fetch(to, { method, headers, body });
};
const offer = (sdp, more = {}) => ask('POST', url, { type: 'application/sdp', body: sdp, ...more });

/** One number of /metrics. */
async function metric(name) {
  const text = await (await fetch(`${home.url}/metrics`)).text();
  return Number(text.match(new RegExp(`^${name} (\\d+)`, 'm'))[1]);
}

async function publisher() {
  return (await home.api('GET', `/api/v1/classes/${lecture.id}`, { token: master.token, status: 200 })).publisher;
}

async function refused(response, status, word) {
  const problem = await response.json();
  assert.equal(response.status, status, JSON.stringify(problem));
  assert.equal(problem.status, status);
  assert.match(problem.detail, word);
  assert.equal(response.headers.get('access-control-allow-origin'), '*');
}

/** Picture and sound frames in a segment of this rendition, as ffprobe counts them. */
async function framesIn(is, rendition, segment) {
  const text = await (await is.media(`${rendition}/dvr.m3u8`)).text();
  const init = text.slice(0, text.indexOf(segment.uri)).match(/.*URI="(init-\d+\.mp4)/s)[1];
  const parts = [await is.media(`${rendition}/${init}`), await is.media(`${rendition}/${segment.uri}`)];
  const bytes = await Promise.all(parts.map(async (part) => Buffer.from(await part.arrayBuffer())));
  const file = path.join(path.dirname(config), 'segment.mp4');
  await writeFile(file, Buffer.concat(bytes));
  const args = ['-v', 'error', '-count_frames', '-show_entries', 'stream=codec_name,nb_read_frames', '-of', 'json', file];
  const { streams } = JSON.parse(await run('ffprobe', args));
  return Object.fromEntries(streams.map((one) => [one.codec_name, Number(one.nb_read_frames)]));
}

test('a browser publishes and the class goes on air', async (t) => {
  answer = await first.publish(url, key);
  assert.equal(answer.status, 201, answer.body);
  t.diagnostic(`answered after ${answer.ms} ms, by a receiver that had to be started`);
  await first.untilConnected();
  await home.untilState(lecture.id, 'on_air');
  assert.match(await publisher(), /^whip 127\.0\.0\.1 Chrome$/);
});

test('the answer is what the standard asks for', () => {
  assert.equal(answer['content-type'], 'application/sdp');
  assert.match(answer.location, new RegExp(`^/whip/${lecture.id}/[0-9a-f]{32}$`));
  assert.match(answer.etag, /^"[0-9a-f]{16}"$/);
  assert.equal(answer.link, `<${STUN}>; rel="ice-server"`);
  assert.match(answer.body, /a=candidate:1 1 UDP \d+ 127\.0\.0\.1 \d+ typ host/);
});

test('the recording grows, with picture and sound in every rendition', async () => {
  const is = await new Learner(home, lecture.title_id, null).takePass();
  for (const rendition of ['src', '180p']) {
    const segments = await until(`segments of ${rendition}`, async () => {
      const all = await is.segments(rendition, { epoch: 0 });
      return all.length >= 3 && all;
    });
    const frames = await framesIn(is, rendition, segments[1]);
    assert.ok(frames.h264 > 10 && frames.aac > 40, JSON.stringify(frames));
    const more = segments.length;
    await until(`${rendition} grows`, async () => (await is.segments(rendition, { epoch: 0 })).length > more + 1);
  }
});

test('another browser plays it, picture and sound', async () => {
  const phone = await newPage(await studio.newContext(PHONE));
  await phone.goto(`${home.url}/c/${lecture.id}`);
  const media = () =>
    phone.evaluate(() => {
      const video = document.querySelector('video');
      return video && { time: video.currentTime, frames: video.getVideoPlaybackQuality().totalVideoFrames, audio: video.webkitAudioDecodedByteCount };
    });
  await until('the first frame', async () => (await media())?.frames > 0, 30_000);
  const from = await media();
  await until('it plays on', async () => {
    const now = await media();
    return now.frames > from.frames + 40 && now.time > from.time + 2 && now.audio > from.audio;
  }, 30_000);
  assert.deepEqual(phone.faults, []);
  await phone.context().close();
});

test('who does not show the key is told so, and nobody is disturbed', async () => {
  for (const token of ['', 'wrong', key.slice(1)]) {
    const response = await offer(answer.offer, { token });
    assert.match(response.headers.get('www-authenticate') ?? '', /^Bearer/);
    await refused(response, 401, /key/);
    await refused(await ask('DELETE', home.url + answer.location, { token }), 401, /key/);
  }
  await refused(await ask('POST', `${home.url}/whip/nosuchclass2`, { type: 'application/sdp', body: answer.offer }), 404, /no such class/);
  assert.equal(await first.connection(), 'connected');
  assert.equal(await home.state(lecture.id), 'on_air');
});

test('what cannot be taken is refused with a sentence', async () => {
  const sdp = answer.offer;
  await refused(await offer(sdp, { type: 'application/json' }), 415, /application\/sdp/);
  await refused(await offer('hello'), 400, /SDP/);
  await refused(await offer(sdp.replaceAll('H264/90000', 'VP8/90000')), 406, /H\.264/);
  await refused(await offer(sdp.replaceAll(/opus\/48000/g, 'L16/48000')), 406, /Opus/);
  await refused(await offer(`${sdp}m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\n`), 422, /data channel/);
  await refused(await offer(sdp.replaceAll('a=sendonly', 'a=inactive')), 422, /sendonly/);
  assert.equal((await offer(sdp + 'a=x\r\n'.repeat(20_000))).status, 413);
  const closed = await home.classOf(master, '已结束');
  await home.api('POST', `/api/v1/classes/${closed.id}/close`, { token: master.token, status: 200 });
  await home.untilState(closed.id, 'closed');
  const late = await ask('POST', closed.publish.whip, { token: closed.publish.key, type: 'application/sdp', body: sdp });
  assert.ok([404, 409].includes(late.status), String(late.status));
  assert.equal(await first.connection(), 'connected');
});

test('other methods are not allowed, and OPTIONS says which are', async () => {
  for (const method of ['GET', 'PUT']) {
    const response = await ask(method, url, method === 'PUT' ? { body: 'x' } : {});
    assert.equal(response.status, 405);
    assert.match(response.headers.get('allow'), /POST/);
  }
  const stranger = await ask('OPTIONS', url, { token: '' });
  assert.equal(stranger.headers.get('link'), null); // a TURN server's link is a credential
  const may = await ask('OPTIONS', url);
  assert.equal(may.status, 204);
  assert.equal(may.headers.get('accept-post'), 'application/sdp');
  assert.equal(may.headers.get('link'), `<${STUN}>; rel="ice-server"`);
  assert.match(may.headers.get('access-control-allow-methods'), /POST/);
  assert.match(may.headers.get('access-control-allow-headers'), /authorization/i);
  const session = await ask('OPTIONS', home.url + answer.location, { token: '' });
  assert.match(session.headers.get('access-control-allow-methods'), /PATCH, DELETE/);
});

test('trickled candidates are read, an ICE restart is refused', async () => {
  const type = 'application/trickle-ice-sdpfrag';
  const [ufrag, password] = ['ice-ufrag', 'ice-pwd'].map((name) => answer.offer.match(new RegExp(`a=${name}:(\\S+)`))[1]);
  const fragment = (user) => `a=ice-ufrag:${user}\r\na=ice-pwd:${password}\r\nm=audio 9 RTP/AVP 0\r\na=mid:0\r\na=candidate:1 1 udp 1 192.0.2.2 9 typ host\r\n`;
  const patch = (body, more = {}) => ask('PATCH', home.url + answer.location, { type, body, 'if-match': answer.etag, ...more });
  assert.equal((await patch(fragment(ufrag))).status, 204);
  assert.equal((await patch('a=end-of-candidates\r\n')).status, 204);
  await refused(await patch(fragment('another')), 422, /new offer/);
  await refused(await patch(fragment('another'), { 'if-match': '*' }), 422, /new offer/);
  await refused(await patch(fragment(ufrag), { 'if-match': '"0000000000000000"' }), 412, /another ICE session/);
  await refused(await ask('PATCH', home.url + answer.location, { type, body: fragment(ufrag) }), 428, /If-Match/);
  await refused(await patch('a=\x01'), 400, /control/);
  await refused(await patch(fragment(ufrag), { type: 'application/sdp' }), 415, /sdpfrag/);
  await refused(await ask('PATCH', `${url}/${'0'.repeat(32)}`, { type, body: fragment(ufrag), 'if-match': '*' }), 404, /session/);
});

test("strangers' packets are dropped at the door", async () => {
  const port = Number(answer.body.match(/127\.0\.0\.1 (\d+) typ host/)[1]);
  const before = await metric('jiangtang_whip_packets_dropped_total');
  const socket = createSocket('udp4');
  const header = Buffer.from('000100002112a442000000000000000000000000', 'hex');
  for (let i = 0; i < 500; i++) {
    const packet = randomBytes(1 + (i * 7) % 1400);
    header.copy(packet, 0, 0, i % 3 ? 0 : 20); // some of them begin as STUN does
    await new Promise((sent) => socket.send(packet, port, '127.0.0.1', sent));
  }
  await until('they are counted', async () => (await metric('jiangtang_whip_packets_dropped_total')) >= before + 400);
  socket.close();
  assert.equal(await first.connection(), 'connected');
});

test('a new offer with the same key takes over, and the class stays', async (t) => {
  const second = await camera(await studio.newContext(), home.url);
  const pictures = await metric('jiangtang_whip_pictures_total');
  const said = await second.publish(url, key, { width: 640, height: 480 });
  assert.equal(said.status, 201, said.body);
  t.diagnostic(`answered after ${said.ms} ms, by a receiver that stood by`);
  await second.untilConnected();
  await until('the first session is over', async () => (await ask('DELETE', home.url + answer.location)).status === 404);
  await home.untilState(lecture.id, 'on_air');
  await until('the second one is heard', async () => (await metric('jiangtang_whip_pictures_total')) > pictures + 30);
  assert.equal(await metric('jiangtang_whip_sessions'), 1);
  await first.context().close();
  first = second;
  answer = said;
});

test('an encoder over RTMP takes over from a browser, and a browser from it', async () => {
  const encoder = publish(`${home.rtmp}/${key}`);
  await until('the encoder has it', async () => (await publisher()).startsWith('rtmp'));
  await until('the session is over', async () => (await metric('jiangtang_whip_sessions')) === 0);
  await home.untilState(lecture.id, 'on_air');
  answer = await first.publish(url, key);
  assert.equal(answer.status, 201, answer.body);
  await until('the browser has it', async () => (await publisher()).startsWith('whip'));
  await encoder.exit;
  await home.untilState(lecture.id, 'on_air');
});

test('DELETE ends the session: the class is interrupted', async () => {
  assert.equal((await ask('DELETE', home.url + answer.location)).status, 200);
  await home.untilState(lecture.id, 'interrupted');
  await refused(await ask('DELETE', home.url + answer.location), 404, /session/);
  assert.equal(await publisher(), '');
});

test('a publisher that vanishes is noticed, and its session ends', async () => {
  const doomed = await browser(CAMERA);
  const page = await camera(await doomed.newContext(), home.url);
  assert.equal((await page.publish(url, key)).status, 201);
  await home.untilState(lecture.id, 'on_air');
  await doomed.close(); // no DELETE, no goodbye of the page
  await home.untilState(lecture.id, 'interrupted');
  await until('the session is over', async () => (await metric('jiangtang_whip_sessions')) === 0, 30_000);
});

test('what a bad way loses is sent again, and a silence is survived', async (t) => {
  const way = await lossy(Number(answer.body.match(/127\.0\.0\.1 (\d+) typ host/)[1]), 5);
  assert.equal((await first.publish(url, key, { port: way.port })).status, 201);
  await home.untilState(lecture.id, 'on_air');
  await until('packets are sent again', async () => (await metric('jiangtang_whip_retransmitted_packets_total')) > 20, 60_000);
  assert.equal(await home.state(lecture.id), 'on_air');
  t.diagnostic(`${way.lost} of ${way.lost + way.passed} packets were lost on the way`);
  way.percent = 100;
  await home.untilState(lecture.id, 'interrupted');
  assert.equal(await metric('jiangtang_whip_sessions'), 1);
  way.percent = 0;
  await home.untilState(lecture.id, 'on_air'); // the same session, without a word over HTTP
  assert.equal(await metric('jiangtang_whip_sessions'), 1);
  way.close();
  await home.untilState(lecture.id, 'interrupted');
});

test('a receiver that dies takes nobody with it: the browser may offer again', async () => {
  assert.equal((await first.publish(url, key)).status, 201);
  await home.untilState(lecture.id, 'on_air');
  const port = (await metric('jiangtang_whip_paths')) > 0;
  assert.ok(port);
  for (const pid of await home.crew()) process.kill(pid, 'SIGKILL'); // receiver, spare and the class's worker alike
  await home.untilState(lecture.id, 'interrupted');
  assert.equal((await first.publish(url, key)).status, 201);
  await home.untilState(lecture.id, 'on_air', 60_000);
});

test('the whole recording can be read from its beginning to its end', async () => {
  await home.api('POST', `/api/v1/classes/${lecture.id}/close`, { token: master.token, status: 200 });
  await home.untilState(lecture.id, 'closed');
  const is = await new Learner(home, lecture.title_id, null).takePass();
  const segments = await is.segments('src', { epoch: 0 });
  for (const segment of [segments[0], segments.at(-1)]) {
    const frames = await framesIn(is, 'src', segment);
    assert.ok(frames.h264 > 0 && frames.aac > 0, JSON.stringify(frames));
  }
});
