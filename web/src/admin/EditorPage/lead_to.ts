/** Takes the person to the place a problem speaks of: what can be filled comes before what can be pressed. */
import { pathsOutward } from '../../core/draft_view';

const FETCH_MS = 2000; // a lesson's inside is fetched when it is first opened; after that the nearest place has to do
const FIELDS = 'input:not(:disabled), textarea:not(:disabled), select:not(:disabled)';

const placeOf = (root: ParentNode, path: string) => root.querySelector<HTMLElement>(`[data-path="${path}"]`);

/** Once it is there; null: it does not come. */
function coming(root: HTMLElement, path: string): Promise<HTMLElement | null> {
  return new Promise((done) => {
    const end = (found: HTMLElement | null) => {
      watcher.disconnect();
      clearTimeout(timer);
      done(found);
    };
    const watcher = new MutationObserver(() => {
      const found = placeOf(root, path);
      if (found) end(found);
    });
    watcher.observe(root, { childList: true, subtree: true });
    const timer = setTimeout(() => end(null), FETCH_MS);
  });
}

function focus(place: HTMLElement): void {
  const field = place.matches(FIELDS) ? place : (place.querySelector<HTMLElement>(FIELDS) ?? place.querySelector<HTMLElement>('button:not(:disabled)'));
  place.scrollIntoView({ block: 'center' });
  (field ?? place).focus({ preventScroll: true });
}

export async function leadTo(root: HTMLElement, path: string): Promise<void> {
  if (!placeOf(root, path) && /\.lessons\.\d+\./.test(path)) await coming(root, path);
  const place = pathsOutward(path).map((at) => placeOf(root, at)).find((one) => one !== null);
  if (place) focus(place);
}
