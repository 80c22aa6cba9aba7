/**
 * Sends files by tus 1.0, in chunks whose checksums go with them. The client library is fetched when the first file is
 * picked. Trying again is the queue's affair, so the library tries nothing twice.
 */
import { DefaultHttpStack, Upload, type DetailedError, type HttpRequest, type HttpStack } from 'tus-js-client';
import { pathOf } from '../../api/make_calls';
import { ApiError, call } from '../../api/http';
import { markOf } from '../../core/file_mark';
import type { SendHooks, UploadItem } from '../../core/upload_queue';

const ENDPOINT = '/files/';
const MIB = 1 << 20;
const CHUNK_FIRST = 2 * MIB;
const CHUNK_MIN = MIB / 2; // a chunk whose checksum is wrong or whose line breaks is sent again as a whole
const CHUNK_MAX = 32 * MIB; // it is held in memory while it is summed up
const CHUNK_MS = 6000; // so long a chunk should take

const base64 = (bytes: ArrayBuffer) => btoa(String.fromCharCode(...new Uint8Array(bytes)));

/** Puts a chunk's SHA-256 on its request. Browsers have the digest on https and localhost only; elsewhere it goes without. */
class SummingStack implements HttpStack {
  private readonly inner = new DefaultHttpStack({});

  createRequest(method: string, url: string): HttpRequest {
    const request = this.inner.createRequest(method, url);
    if (method !== 'PATCH' || !globalThis.crypto?.subtle) return request;
    const send = request.send.bind(request);
    let gone = false;
    const abort = request.abort.bind(request);
    request.abort = () => {
      gone = true;
      return abort();
    };
    request.send = async (body: Blob) => {
      const sum = await crypto.subtle.digest('SHA-256', await body.arrayBuffer());
      if (gone) throw new Error('stopped');
      request.setHeader('Upload-Checksum', `sha256 ${base64(sum)}`);
      return send(body);
    };
    return request;
  }

  getName(): string {
    return 'SummingStack';
  }
}

function problemOf(error: Error | DetailedError): ApiError {
  const answer = 'originalResponse' in error ? error.originalResponse : null;
  if (!answer || answer.getStatus() === 0) return new ApiError('offline', 0);
  let told: Record<string, unknown> = {};
  try {
    told = JSON.parse(answer.getBody()) as Record<string, unknown>;
  } catch {
    // no problem document: the status has to do
  }
  const word = (name: string) => (typeof told[name] === 'string' ? (told[name] as string) : '');
  const after = Number(answer.getHeader('Retry-After')) || 0;
  return new ApiError(word('code') || `http_${answer.getStatus()}`, answer.getStatus(), word('detail'), word('field'), after);
}

/** As large as this line carries in CHUNK_MS. */
const nextChunk = (size: number, tookMs: number) =>
  Math.round(Math.max(CHUNK_MIN, Math.min(CHUNK_MAX, size * Math.min(2, CHUNK_MS / Math.max(1, tookMs)))));

function send(item: UploadItem, file: File, hooks: SendHooks): { stop(): void } {
  let since = performance.now();
  const upload = new Upload(file, {
    // Knowing the endpoint, the library answers any refusal to say where an upload is by beginning another one.
    ...(item.url ? { uploadUrl: item.url } : { endpoint: ENDPOINT }),
    httpStack: new SummingStack(),
    retryDelays: null,
    storeFingerprintForResuming: false,
    chunkSize: CHUNK_FIRST,
    metadata: { filename: file.name, filetype: file.type, kind: item.kind, mark: item.mark },
    onUploadUrlAvailable: () => hooks.onUrl(pathOf(upload.url ?? '')),
    onProgress: (sent) => hooks.onProgress(sent),
    onChunkComplete: (size) => {
      upload.options.chunkSize = nextChunk(size, performance.now() - since);
      since = performance.now();
    },
    onSuccess: () => hooks.onDone(),
    onError: (error) => hooks.onError(problemOf(error)),
  });
  upload.start();
  return { stop: () => void upload.abort() };
}

/** What is gone already is as good as ended. */
async function end(url: string): Promise<void> {
  try {
    await call<void>('DELETE', url, undefined, { 'Tus-Resumable': '1.0.0' });
  } catch (error) {
    if (!(error instanceof ApiError) || (error.status !== 404 && error.status !== 410)) throw error;
  }
}

export const tusSender = { mark: markOf, send, end };
