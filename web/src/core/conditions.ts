/** What a certificate asks for and how far a learner is, each condition by itself. Pure. */
import type { Course, CourseProgress, Missing } from '../api/types';

export interface Condition {
  /** The server's word for it. */
  name: string;
  have: number;
  need: number;
  met: boolean;
  /** 0…1. */
  share: number;
}

const MINUTE = 60_000;

function condition(name: string, have: number, need: number): Condition {
  return { name, have, need, met: have >= need, share: need > 0 ? Math.min(1, have / need) : 1 };
}

/** Conditions of a kind the rule does not name: told by the server only while they are missing. */
const others = (missing: readonly Missing[], known: readonly Condition[]) =>
  missing.filter((one) => !known.some(({ name }) => name === one.condition)).map((one) => condition(one.condition, one.have, one.need));

/** `progress` null: nothing learnt yet, or nobody to have learnt it. */
export function conditionsOf(course: Pick<Course, 'rule'>, progress: CourseProgress | null): Condition[] {
  const { coverage_permille: coverage, minutes } = course.rule ?? { coverage_permille: 0, minutes: 0 };
  const known = [
    ...(coverage > 0 ? [condition('coverage', progress?.coverage_permille ?? 0, coverage)] : []),
    ...(minutes > 0 ? [condition('minutes', Math.floor((progress?.credited_ms ?? 0) / MINUTE), minutes)] : []),
  ];
  return [...known, ...others(progress?.missing ?? [], known)];
}
