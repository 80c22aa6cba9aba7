/** What fills the screen now; null: the page does. */
import { onBeforeUnmount, shallowRef } from 'vue';

type OldDocument = Document & { webkitFullscreenElement?: Element | null; webkitExitFullscreen?(): void };

export function useFullElement() {
  const old = document as OldDocument;
  const read = () => document.fullscreenElement ?? old.webkitFullscreenElement ?? null;
  const full = shallowRef(read());
  const events = ['fullscreenchange', 'webkitfullscreenchange'];
  const moved = () => (full.value = read());
  events.forEach((name) => document.addEventListener(name, moved));
  onBeforeUnmount(() => events.forEach((name) => document.removeEventListener(name, moved)));
  const leave = () => document.exitFullscreen?.() ?? Promise.resolve(old.webkitExitFullscreen?.());
  return { full, leave };
}
