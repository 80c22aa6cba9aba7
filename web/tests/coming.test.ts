import { describe, expect, it } from 'vitest';
import { leftUntil, minutesUntil } from '../src/core/coming';

const AT = Date.UTC(2026, 9, 18, 12);
const SECOND = 1000;
const DAY = 86_400 * SECOND;

describe('until a class begins', () => {
  it('is told in days, hours, minutes and seconds', () => {
    expect(leftUntil(AT, AT - 2 * DAY - 3 * 3600 * SECOND - 4 * 60 * SECOND - 5 * SECOND)).toEqual({ days: 2, hours: 3, minutes: 4, seconds: 5 });
  });
  it('a second that has begun is told until it is over', () => {
    expect(leftUntil(AT, AT - 1)).toEqual({ days: 0, hours: 0, minutes: 0, seconds: 1 });
    expect(leftUntil(AT, AT - SECOND)?.seconds).toBe(1);
    expect(leftUntil(AT, AT - 59_001)).toEqual({ days: 0, hours: 0, minutes: 1, seconds: 0 });
  });
  it('at its time nothing is left', () => {
    expect(leftUntil(AT, AT)).toBeNull();
    expect(leftUntil(AT, AT + DAY)).toBeNull();
  });
  it('whole minutes are never below now', () => {
    expect([14.6, 0.4, -3].map((minutes) => minutesUntil(AT, AT - minutes * 60 * SECOND))).toEqual([15, 0, 0]);
  });
});
