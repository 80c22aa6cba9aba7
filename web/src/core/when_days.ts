/** Days of the week, for lists of classes to come. */
import { settings } from './settings';

export { daysAway } from './when';

/** "星期二", "Tuesday". */
export const weekdayText = (ms: number) =>
  new Date(ms).toLocaleDateString(settings.language === 'zh' ? 'zh-CN' : 'en-GB', { weekday: 'long' });
