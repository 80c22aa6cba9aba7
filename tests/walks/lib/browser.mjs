// Chromium as the learner's phone, without a window: half the processor time of one that draws it, too.
import { chromium } from 'playwright-core';

/** What a browser needs to publish: a made camera and microphone, and packets to this machine itself. */
export const CAMERA = ['--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream', '--allow-loopback-in-peer-connection'];

export async function browser(more = []) {
  return chromium.launch({
    executablePath: '/usr/bin/chromium-headless-shell',
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
      '--disable-component-update', '--disable-sync', '--autoplay-policy=no-user-gesture-required', ...more],
  });
}

export const PHONE = { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, locale: 'zh-CN', isMobile: true, hasTouch: true };
export const DESKTOP = { viewport: { width: 1280, height: 800 }, locale: 'zh-CN' };

/** A page that remembers what went wrong in it: console errors, failed requests by the page's own fault, exceptions. */
export async function page(context) {
  const it = await context.newPage();
  it.faults = [];
  it.on('pageerror', (error) => it.faults.push(`exception: ${error.message}`));
  it.on('console', (message) => message.type() === 'error' && it.faults.push(`console: ${message.text()} ${message.location().url}`));
  return it;
}
