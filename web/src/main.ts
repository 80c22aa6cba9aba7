import { createApp } from 'vue';
import './style/tokens.css';
import './style/base.css';
import { keep, kept } from './core/keep';
import { meet } from './core/session';
import { keepSettings, settings } from './core/settings';
import { speak } from './core/words';
import App from './ui/App/App.vue';
import { hearNetwork, wearSettings } from './ui/look';
import { setOut } from './ui/travel';

const RELOADED = 'reloaded_at';
const RELOAD_AGAIN_MS = 20_000; // when a fresh page cannot fetch its views either, loading it again is no help

// A new release takes the old chunks away: a view that cannot be fetched any more means "load the page again".
addEventListener('vite:preloadError', () => {
  if (!navigator.onLine || Date.now() - Number(kept(RELOADED)) < RELOAD_AGAIN_MS) return;
  keep(RELOADED, String(Date.now()));
  location.reload();
});

keepSettings();
wearSettings();
hearNetwork();
void meet();
void Promise.all([setOut(), speak(settings.language).catch(() => undefined)]).then(() =>
  createApp(App).mount('#app'),
);
