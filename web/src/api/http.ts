/**
 * One request to the server and its answer, or an ApiError with the server's stable code. It knows no page, keeps no
 * state and tries nothing twice: whoever calls decides that.
 */

const TIMEOUT_MS = 15_000; // the slowest honest answer is a password hash behind a full pool

/** The server's problem document; `offline` and `timeout` are our own codes for an answer that never came. */
export class ApiError extends Error {
  constructor(
    readonly code: string,
    readonly status: number,
    readonly detail = '',
    readonly field = '',
    readonly retryAfterS = 0,
  ) {
    super(detail || code);
  }
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

async function problem(answer: Response): Promise<ApiError> {
  const body: unknown = await answer.json().catch(() => null);
  const told = (typeof body === 'object' && body !== null ? body : {}) as Record<string, unknown>;
  const after = Number(answer.headers.get('Retry-After')) || 0;
  return new ApiError(text(told.code) || `http_${answer.status}`, answer.status, text(told.detail), text(told.field), after);
}

export async function call<T>(method: string, path: string, body?: unknown, more: Record<string, string> = {}): Promise<T> {
  const abort = new AbortController();
  const timer = setTimeout(() => abort.abort(), TIMEOUT_MS);
  try {
    const init: RequestInit = { method, signal: abort.signal, credentials: 'same-origin' };
    init.headers = { Accept: 'application/json', ...more };
    if (body !== undefined) {
      const file = body instanceof Blob;
      init.headers = { ...init.headers, 'Content-Type': file ? body.type || 'application/octet-stream' : 'application/json' };
      init.body = file ? body : JSON.stringify(body);
    }
    const answer = await fetch(path, init);
    if (!answer.ok) throw await problem(answer);
    if (answer.status === 204) return undefined as T;
    return (await answer.json()) as T;
  } catch (error) {
    if (error instanceof ApiError) throw error;
    throw new ApiError(abort.signal.aborted ? 'timeout' : 'offline', 0);
  } finally {
    clearTimeout(timer);
  }
}
