import { expect, it, vi } from 'vitest';
import type { UploadItem } from '../src/core/upload_queue';

// The library's own sending needs a browser; what it is told needs none.
const told = vi.hoisted(() => ({ options: [] as Record<string, unknown>[] }));
vi.mock('tus-js-client', () => ({
  DefaultHttpStack: class {},
  Upload: class {
    constructor(_file: unknown, options: Record<string, unknown>) {
      told.options.push(options);
    }
    start(): void {}
  },
}));
const { tusSender } = await import('../src/admin/Uploader/tus_sender');

const hooks = { onUrl() {}, onProgress() {}, onDone() {}, onError() {} };
const sent = (url: string) => {
  tusSender.send({ url, kind: 'media', mark: 'm1-a-b' } as UploadItem, { name: 'a.mp4', type: 'video/mp4' } as File, hooks);
  return told.options[told.options.length - 1]!;
};

it('an upload that goes on knows no endpoint, so that a refused HEAD begins no other one', () => {
  expect(sent('/files/u1')).toMatchObject({ uploadUrl: '/files/u1' });
  expect(sent('/files/u1').endpoint).toBeUndefined();
  expect(sent('')).toMatchObject({ endpoint: '/files/' });
});

it('the print of the file goes with it when it begins', () => {
  expect(sent('').metadata).toMatchObject({ filename: 'a.mp4', mark: 'm1-a-b' });
});
