/** A Studio that lives as long as the view, and hears of the browser's network, devices and farewell. */
import { onBeforeUnmount, onMounted } from 'vue';
import * as api from '../../api/calls';
import type { LiveClass } from '../../api/types';
import { SLATE_LINES } from '../../core/studio_words';
import { Studio } from './studio';
import { useAwake } from './useAwake';

/** `is`: the class as it is known now. */
export function useStudio(is: () => LiveClass): Studio {
  const { id } = is();
  const studio = new Studio({
    url: `/whip/${encodeURIComponent(id)}`, // the page's own server: no other may be called (CSP)
    key: () => is().publish?.key ?? '',
    occupied: async () => !!(await api.oneClass(id)).publisher,
    slate: () => ({ title: is().title, lines: SLATE_LINES }),
  });
  const network = () => studio.networkBack();
  const plugged = () => void studio.look();
  const farewell = (event: BeforeUnloadEvent) => studio.live && event.preventDefault();
  const gone = () => studio.stopSending();
  onMounted(() => {
    addEventListener('online', network);
    addEventListener('beforeunload', farewell);
    addEventListener('pagehide', gone);
    navigator.mediaDevices.addEventListener('devicechange', plugged);
    void studio.open();
  });
  onBeforeUnmount(() => {
    removeEventListener('online', network);
    removeEventListener('beforeunload', farewell);
    removeEventListener('pagehide', gone);
    navigator.mediaDevices.removeEventListener('devicechange', plugged);
    studio.close();
  });
  useAwake(() => studio.live);
  return studio;
}
