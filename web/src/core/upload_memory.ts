/** Which uploads this browser began, kept over days: print > address. The newest MEMORY_MAX are known. */
import { keep, kept } from './keep';
import type { Memory } from './upload_queue';

const MEMORY_MAX = 50;
const NAME = 'uploads';

function all(): [string, string][] {
  try {
    const list: unknown = JSON.parse(kept(NAME) ?? '[]');
    return Array.isArray(list) ? list.filter((one): one is [string, string] => Array.isArray(one) && one.length === 2) : [];
  } catch {
    return [];
  }
}

const without = (mark: string) => all().filter(([known]) => known !== mark);
const store = (list: [string, string][]) => keep(NAME, JSON.stringify(list.slice(-MEMORY_MAX)));

export const uploadMemory: Memory = {
  urlOf: (mark) => all().find(([known]) => known === mark)?.[1] ?? '',
  markOf: (url) => all().find(([, known]) => known === url)?.[0] ?? '',
  remember: (mark, url) => store([...without(mark), [mark, url]]),
  forget: (mark) => store(without(mark)),
};
