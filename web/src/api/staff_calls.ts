/** HTTP calls that only staff make; apart from the others, which every learner's phone fetches. */
import { call } from './http';
import type { LiveClass } from './types';

export const cutClass = (classId: string, reason: string) =>
  call<LiveClass>('POST', `/api/v1/classes/${encodeURIComponent(classId)}/cut`, { reason });
