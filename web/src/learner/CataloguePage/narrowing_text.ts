/** What a set filter says on its chip. */
import { cw, levelText, moduleText, tagText } from '../../core/course_words';
import type { Filters, Narrowing } from '../../core/filters';

export function narrowingText(is: Filters, name: Narrowing, occupation: string): string {
  const said: Record<Narrowing, string> = {
    occupation,
    level: levelText(is.level),
    tag: tagText(is.tag),
    module: moduleText(is.module),
    free: cw.value.find.free,
  };
  return said[name];
}
