/**
 * Which view belongs to which path: a small table, matched by segments. Pure. (A router library would be a quarter
 * of all the bytes a learner's phone fetches before the player.)
 */
export type Params = Readonly<Record<string, string>>;

export interface Target {
  path: string;
  query?: Readonly<Record<string, string>>;
}

/** The parameters when `path` has the shape of `pattern` ("/c/:id"), else null. A last slash does not matter. */
export function matchPath(pattern: string, path: string): Params | null {
  const wanted = pattern.split('/').filter(Boolean);
  const given = path.split('/').filter(Boolean);
  if (wanted.length !== given.length) return null;
  const params: Record<string, string> = {};
  for (const [i, segment] of wanted.entries()) {
    const value = given[i] ?? '';
    if (!segment.startsWith(':')) {
      if (segment !== value) return null;
    } else {
      try {
        params[segment.slice(1)] = decodeURIComponent(value);
      } catch {
        return null;
      }
    }
  }
  return params;
}

export function hrefOf(to: string | Target): string {
  if (typeof to === 'string') return to;
  const query = new URLSearchParams(to.query).toString();
  return query ? `${to.path}?${query}` : to.path;
}

/** Where to go after signing in: a path of our own, never another site's address. */
export function ownPath(to: string | null | undefined): string {
  return to && /^\/(?![/\\])/.test(to) ? to : '/';
}
