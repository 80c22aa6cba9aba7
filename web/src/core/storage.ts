/** What fills the disk, in the order it is drawn: known things, what is not ours, what is free. Pure. */
import { STORES, type Storage, type Store } from '../api/make_types';

export interface Part {
  kind: Store | 'other' | 'free';
  bytes: number;
  /** 0…1 of the disk. */
  share: number;
}

const LOW_SHARE = 0.1; // so little free is told as a warning

export function partsOf(storage: Storage): Part[] {
  const { total_bytes: total, free_bytes: free } = storage.disk;
  const ours = STORES.map((kind) => ({ kind, bytes: Math.max(0, storage.used[kind] ?? 0) }));
  const known = ours.reduce((sum, one) => sum + one.bytes, 0);
  const other = Math.max(0, total - free - known);
  const all: { kind: Part['kind']; bytes: number }[] = [...ours, { kind: 'other', bytes: other }, { kind: 'free', bytes: Math.max(0, free) }];
  return all.map((one) => ({ ...one, share: total > 0 ? one.bytes / total : 0 }));
}

export const isLow = (storage: Storage): boolean =>
  storage.disk.total_bytes > 0 && storage.disk.free_bytes / storage.disk.total_bytes < LOW_SHARE;
