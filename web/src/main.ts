import { createApp } from 'vue';
import './style/tokens.css';
import './style/base.css';
import { meet } from './core/session';
import { keepSettings, settings } from './core/settings';
import { speak } from './core/words';
import App from './ui/App/App.vue';
import { wearSettings } from './ui/look';
import { setOut } from './ui/travel';

// A new release takes the old chunks away: a view that cannot be fetched any more means "load the page again".
window.addEventListener('vite:preloadError', () => location.reload());

keepSettings();
wearSettings();
void meet();
void Promise.all([setOut(), speak(settings.language).catch(() => undefined)]).then(() =>
  createApp(App).mount('#app'),
);
