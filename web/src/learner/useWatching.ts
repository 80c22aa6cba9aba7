/** A Watching that lives as long as the view, and hears from the browser what it cannot see itself. */
import { onBeforeUnmount, onMounted } from 'vue';
import { Watching } from '../media/watching';

export function useWatching(titleId: string, counts: boolean): Watching {
  const watching = new Watching(titleId, counts);
  const seen = () => watching.setVisible(document.visibilityState !== 'hidden');
  const network = () => watching.reconnect();
  const leaving = () => watching.setVisible(false);
  onMounted(() => {
    document.addEventListener('visibilitychange', seen);
    addEventListener('online', network);
    addEventListener('offline', network);
    addEventListener('pagehide', leaving);
    addEventListener('pageshow', seen);
    watching.start();
  });
  onBeforeUnmount(() => {
    document.removeEventListener('visibilitychange', seen);
    removeEventListener('online', network);
    removeEventListener('offline', network);
    removeEventListener('pagehide', leaving);
    removeEventListener('pageshow', seen);
    watching.stop();
  });
  return watching;
}
