/** Carries the settings onto the document: theme, size, language, the browser's own bar; and hears of the network. */
import { watch } from 'vue';
import { net } from '../core/net';
import { settings } from '../core/settings';
import { speak } from '../core/words';

const BAR = { light: '#ffffff', dark: '#171f28' } as const;

export function wearSettings(): void {
  const root = document.documentElement;
  const night = matchMedia('(prefers-color-scheme: dark)');
  const dress = () => {
    const dark = settings.theme === 'dark' || (settings.theme === 'auto' && night.matches);
    root.dataset.theme = dark ? 'dark' : 'light';
    root.dataset.size = settings.size;
    document.querySelector('meta[name=theme-color]')?.setAttribute('content', dark ? BAR.dark : BAR.light);
  };
  night.addEventListener?.('change', dress);
  watch(settings, dress, { immediate: true });
  watch(
    () => settings.language,
    async (language) => {
      await speak(language).catch(() => undefined);
      root.lang = language === 'zh' ? 'zh-CN' : 'en';
    },
    { immediate: true },
  );
}

export function hearNetwork(): void {
  const read = () => (net.online = navigator.onLine !== false);
  addEventListener('online', read);
  addEventListener('offline', read);
  read();
}
