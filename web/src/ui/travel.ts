/** Moving between views: the browser's history, the view on show, and where it was scrolled to. */
import { nextTick, reactive, ref, shallowRef, type Component } from 'vue';
import type { Params } from '../core/way';
import { spoken } from '../core/lazy_words';
import { placeOf } from '../routes';

export const here = reactive({
  path: location.pathname,
  query: new URLSearchParams(location.search) as URLSearchParams,
  immersive: false,
  /** Come to by the browser's own back or forward. */
  returned: false,
});
export const view = shallowRef<{ component: Component; params: Params; key: string } | null>(null);
/** The view of the address in the bar could not be fetched. */
export const astray = ref(false);

let turn = 0;

/** Fetches the view of the address in the bar and shows it, scrolled to `y`. */
async function show(y: number, returned = false): Promise<void> {
  const mine = ++turn;
  const { pathname, search } = location;
  const { place, params } = placeOf(pathname);
  const component = await place.load().then(
    (is) => spoken().then(() => is.default),
    () => null,
  );
  if (mine !== turn) return;
  here.returned = returned;
  here.path = pathname;
  here.query = new URLSearchParams(search);
  here.immersive = component !== null && (place.immersive ?? false);
  astray.value = component === null;
  if (component) view.value = { component, params, key: pathname };
  await nextTick();
  scrollTo(0, y);
}

/** Once more, after the way was lost. */
export const again = () => show(0);

const remember = () => history.replaceState({ ...history.state, y: scrollY }, '');

export async function go(href: string, replace = false): Promise<void> {
  remember();
  if (replace) history.replaceState(null, '', href);
  else history.pushState(null, '', href);
  await show(0);
}

export async function setOut(): Promise<void> {
  history.scrollRestoration = 'manual';
  addEventListener('popstate', (event) => void show((event.state as { y?: number } | null)?.y ?? 0, true));
  addEventListener('pagehide', remember);
  await show((history.state as { y?: number } | null)?.y ?? 0);
}
