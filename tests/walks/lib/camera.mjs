// Chromium as the master's camera: a page of the test publishes over WHIP with a made camera and microphone.
import { until } from './house.mjs';

/* In the page: an offer with H.264 first, sent to `url`; what came of it. */
async function publishInPage({ url, key, codec, width, height, port }) {
  const stream = await navigator.mediaDevices.getUserMedia({ audio: true, video: { width, height, frameRate: 30 } });
  const peer = new RTCPeerConnection({ bundlePolicy: 'max-bundle' });
  for (const track of stream.getTracks()) {
    const way = peer.addTransceiver(track, { direction: 'sendonly', streams: [stream] });
    if (track.kind !== 'video') continue;
    const codecs = RTCRtpSender.getCapabilities('video').codecs;
    const ours = codecs.filter((one) => one.mimeType === `video/${codec}` || one.mimeType === 'video/rtx');
    way.setCodecPreferences(ours);
  }
  await peer.setLocalDescription(await peer.createOffer());
  const headers = { 'content-type': 'application/sdp', authorization: `Bearer ${key}` };
  const started = performance.now();
  const response = await fetch(url, { method: 'POST', headers, body: peer.localDescription.sdp });
  const said = { status: response.status, ms: Math.round(performance.now() - started), offer: peer.localDescription.sdp };
  for (const name of ['location', 'etag', 'link', 'accept-patch', 'content-type']) said[name] = response.headers.get(name);
  said.body = await response.text();
  if (response.status !== 201) {
    peer.close();
    return said;
  }
  const sdp = port ? said.body.replace(/ \d+ typ host/g, ` ${port} typ host`) : said.body;
  await peer.setRemoteDescription({ type: 'answer', sdp });
  Object.assign(window, { peer, stream, session: new URL(said.location, url).href });
  return said;
}

/** A page with a camera; `origin` is a place the browser trusts (localhost). */
export async function camera(context, origin) {
  const page = await context.newPage();
  const address = `${origin}/camera-of-the-test`;
  await page.route(address, (route) => route.fulfill({ contentType: 'text/html', body: '<!doctype html><title>camera</title>' }));
  await page.goto(address);
  /** `port`: where the packets go instead of the answer's own. */
  page.publish = (url, key, { codec = 'H264', width = 1280, height = 720, port } = {}) =>
    page.evaluate(publishInPage, { url, key, codec, width, height, port });
  page.connection = () => page.evaluate(() => window.peer.connectionState);
  page.untilConnected = () => until('the camera is connected', async () => (await page.connection()) === 'connected', 30_000);
  page.sent = () =>
    page.evaluate(async () => {
      const all = [...(await window.peer.getStats()).values()];
      const video = all.find((one) => one.type === 'outbound-rtp' && one.kind === 'video') ?? {};
      return { frames: video.framesEncoded, bitrate: video.targetBitrate, plis: video.pliCount, nacks: video.nackCount, keys: video.keyFramesEncoded, height: video.frameHeight };
    });
  return page;
}
