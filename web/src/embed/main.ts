/** The player alone, in a frame of another page. */
import { createApp } from 'vue';
import '../style/tokens.css';
import '../style/base.css';
import '../learner/Stage/study.css';
import './embed.css';
import { spoken } from '../core/lazy_words';
import { settings } from '../core/settings';
import { speak } from '../core/words';
import EmbedPage from './EmbedPage.vue';

document.documentElement.lang = settings.language === 'zh' ? 'zh-CN' : 'en';
void Promise.all([speak(settings.language), spoken()])
  .catch(() => undefined)
  .then(() => createApp(EmbedPage).mount('#app'));
