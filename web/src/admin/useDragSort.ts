/**
 * Dragging rows by their handle, with a mouse, a pen or a finger. Rows carry data-drag (their id), what holds them
 * data-group (its id). It only says where a row would go; the page moves it. Esc gives up.
 */
import { onScopeDispose, ref, type Ref } from 'vue';

const EDGE_PX = 72; // so near the window's edge it scrolls
const SCROLL_PX = 14;

export interface Over {
  group: string;
  /** The row it would stand before; null: at the end. */
  before: string | null;
}

export interface DragSort {
  dragged: Ref<string>;
  over: Ref<Over | null>;
  start(event: PointerEvent, id: string): void;
}

/** `kind`: which rows and groups belong to this sorting, when lists of several kinds are nested. */
export function useDragSort(root: () => HTMLElement | null, kind: string, drop: (id: string, over: Over) => void): DragSort {
  const dragged = ref('');
  const over = ref<Over | null>(null);
  let y = 0;
  let frame = 0;

  const middle = (one: Element) => {
    const box = one.getBoundingClientRect();
    return box.top + box.height / 2;
  };

  function find(): void {
    const groups = [...(root()?.querySelectorAll<HTMLElement>(`[data-group][data-sort="${kind}"]`) ?? [])];
    const away = (one: HTMLElement) => {
      const box = one.getBoundingClientRect();
      return y < box.top ? box.top - y : y > box.bottom ? y - box.bottom : 0;
    };
    const home = groups.sort((a, b) => away(a) - away(b))[0];
    if (!home) return;
    const rows = [...home.querySelectorAll<HTMLElement>(`[data-drag][data-sort="${kind}"]`)].filter((one) => one.dataset.drag !== dragged.value);
    const next = rows.find((one) => y < middle(one));
    over.value = { group: home.dataset.group ?? '', before: next?.dataset.drag ?? null };
  }

  function roll(): void {
    const by = y < EDGE_PX ? -SCROLL_PX : y > innerHeight - EDGE_PX ? SCROLL_PX : 0;
    if (by) {
      scrollBy(0, by);
      find();
    }
    frame = requestAnimationFrame(roll);
  }

  function move(event: PointerEvent): void {
    y = event.clientY;
    find();
  }

  function end(event: Event): void {
    const at = over.value;
    const id = dragged.value;
    stop();
    if (event.type === 'pointerup' && at && id) drop(id, at);
  }

  const key = (event: KeyboardEvent) => event.key === 'Escape' && stop();

  function stop(): void {
    cancelAnimationFrame(frame);
    dragged.value = '';
    over.value = null;
    removeEventListener('pointermove', move);
    removeEventListener('pointerup', end);
    removeEventListener('pointercancel', end);
    removeEventListener('keydown', key);
  }

  function start(event: PointerEvent, id: string): void {
    if (event.button !== 0) return;
    event.preventDefault();
    (event.currentTarget as HTMLElement).setPointerCapture?.(event.pointerId);
    dragged.value = id;
    y = event.clientY;
    addEventListener('pointermove', move);
    addEventListener('pointerup', end);
    addEventListener('pointercancel', end);
    addEventListener('keydown', key);
    frame = requestAnimationFrame(roll);
  }

  onScopeDispose(stop);
  return { dragged, over, start };
}
