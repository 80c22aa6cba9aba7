// What can be asked of any view of the page: is it readable by everybody, narrow enough, in one language, at home.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { top, until } from './house.mjs';

/** How a person may wear the page. */
export const WEARS = {
  light: { theme: 'light', size: 'normal', language: 'zh' },
  dark: { theme: 'dark', size: 'normal', language: 'zh' },
  large: { theme: 'light', size: 'large', language: 'zh' },
  English: { theme: 'light', size: 'normal', language: 'en' },
};

/** How every view is looked at: each theme, size and language once, with the longest lines there are. LOOKS=all: all of WEARS too. */
export const LOOKS = {
  ...(process.env.LOOKS === 'all' ? WEARS : { dark: WEARS.dark }),
  'English and large': { ...WEARS.large, language: 'en' },
};

const axe = () => readFile(path.join(top, 'tests/node_modules/axe-core/axe.min.js'), 'utf8');

/** A context that wears this, signed in when there is a session, and remembers which hosts it asked. */
export async function visitor(browser, house, { session, wear, ...options }) {
  const locale = wear?.language === 'en' ? 'en-GB' : 'zh-CN';
  const context = await browser.newContext({ locale, baseURL: house.url, ...options });
  context.setDefaultTimeout(60_000);
  if (session) await context.addCookies([{ name: 'jt_session', value: session.token, url: house.url, httpOnly: true }]);
  const kept = { size_asked: 'yes', ...wear };
  if (wear) await context.addInitScript((all) => Object.entries(all).forEach(([k, v]) => localStorage.setItem(`jt.${k}`, v)), kept);
  context.strangers = [];
  context.on('request', (request) => {
    const url = new URL(request.url());
    if (/^(http|ws)s?:$/.test(url.protocol) && url.host !== new URL(house.url).host) context.strangers.push(request.url());
  });
  return context;
}

/** What moves in or fades has come to rest; what moves for ever is let be. */
const settled = (it) =>
  it.evaluate((mostMs) => {
    const ending = document.getAnimations().filter((one) => Number.isFinite(one.effect.getComputedTiming().endTime));
    const late = new Promise((done) => setTimeout(done, mostMs));
    return Promise.race([Promise.allSettled(ending.map((one) => one.finished)), late]).then(() => null);
  }, 10_000);

/** A player may have put another element in the place of its first: whichever is there is asked. */
const plays = (it) => it.evaluate(() => (document.querySelector('video')?.readyState ?? 0) >= 2);

/** Goes to a view ({ path, shows, opens?, status? }), which the server knows, and waits until it stands: its own words are there, nothing is a skeleton. */
export async function visit(it, view) {
  const answer = await it.goto(view.path);
  assert.equal(answer.status(), view.status ?? 200, view.path);
  await it.getByText(view.shows).first().waitFor({ state: 'attached' });
  await it.locator('.skeleton').first().waitFor({ state: 'detached' });
  if (view.plays) await until(`${view.name} plays`, () => plays(it), 120_000);
  await view.opens?.(it);
  await settled(it);
}

/** What axe finds wrong here, a line for each. It comes by the debugger's door, so that the page keeps its strict CSP. */
export async function violations(it) {
  await it.evaluate(await axe());
  await settled(it); // what is still fading in has not its colours yet
  const found = await it.evaluate(() => globalThis.axe.run(document, { resultTypes: ['violations'] }));
  return found.violations.flatMap((rule) => rule.nodes.map((node) => `${rule.id}: ${node.target} ${node.failureSummary}`));
}

/** Elements that reach past the right edge of a page that scrolls sideways; nothing when it does not. */
export const tooWide = (it) =>
  it.evaluate(() => {
    const width = document.documentElement.clientWidth;
    if (document.documentElement.scrollWidth <= width) return [];
    const all = [...document.body.querySelectorAll('*')].filter((one) => one.getBoundingClientRect().right > width + 1);
    return all.map((one) => `${one.tagName}.${one.className} ${one.getBoundingClientRect().right}`);
  });

/** Chinese that a reader of this view meets, without what people themselves wrote and what declares itself Chinese. */
export const chineseHere = (it, written) =>
  it.evaluate((own) => {
    const chinese = /[\u2e80-\u9fff\uff00-\uff60]/;
    const strip = (text) => own.reduce((rest, one) => rest.replaceAll(one, ''), text ?? '');
    const spoken = ['aria-label', 'title', 'alt', 'placeholder'];
    const found = [strip(document.title)];
    for (const one of document.body.querySelectorAll('*')) {
      if (one.closest('[lang^=zh], .face, noscript, script')) continue;
      found.push(...spoken.map((name) => strip(one.getAttribute(name))));
      for (const node of one.childNodes) if (node.nodeType === Node.TEXT_NODE) found.push(strip(node.data));
    }
    return found.filter((text) => chinese.test(text));
  }, [...written].sort((a, b) => b.length - a.length));
