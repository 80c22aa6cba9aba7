/** A problem in words, with its numbers where it has some, and the module where it is about one. */
import type { Draft, Problem } from '../../api/make_types';
import { mw } from '../../core/staff_words';

function numbersOf({ code, have = 0, need = 0 }: Problem): string {
  const of = mw.value.editor;
  if (need <= 0 && code !== 'general_share_over') return '';
  if (code === 'hours_over_declared') return of.haveNeedMinutes(have, need);
  if (code === 'rule_minutes_over') return of.haveRuleMinutes(have, need);
  if (code === 'general_share_over') return of.haveMostShare(have / 10, need / 10);
  return /_too_long$|^too_many_/.test(code) ? of.haveMost(have, need) : '';
}

/** The path leads into the list of what the course must have. */
function moduleOf(problem: Problem, draft: Draft | null): string {
  const at = /^modules_required\.(\d+)$/.exec(problem.path);
  const module = at && draft?.modules_required[Number(at[1])];
  return (module && mw.value.editor.modules[module]) || '';
}

export function problemText(problem: Problem, draft: Draft | null = null): string {
  const of = mw.value.editor;
  const said = of.problem[problem.code] ?? of.problem.unknown ?? '';
  const module = moduleOf(problem, draft);
  return [module ? `${said}${of.colon}${module}` : said, numbersOf(problem)].filter(Boolean).join(' · ');
}
