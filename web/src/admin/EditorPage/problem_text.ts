/** A problem in words, with its numbers where it has some. */
import type { Problem } from '../../api/make_types';
import { mw } from '../../core/staff_words';

const IN_MINUTES = ['hours_over_declared', 'rule_minutes_over'];

export function problemText(problem: Problem): string {
  const of = mw.value.editor;
  const said = of.problem[problem.code] ?? of.problem.unknown ?? '';
  const module = (of.modules as Readonly<Record<string, string>>)[problem.text ?? ''];
  const { have = 0, need = 0 } = problem;
  const numbers = need > 0 && problem.code !== 'module_missing' ? (IN_MINUTES.includes(problem.code) ? of.haveNeedMinutes(have, need) : '') : '';
  return [module ? `${said}: ${module}` : said, numbers].filter(Boolean).join(' · ');
}
