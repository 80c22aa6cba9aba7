/**
 * The STUN and TURN servers of a Link header (RFC 9725 4.6): `<turn:t.example>; rel="ice-server"; username="u";
 * credential="c"`. Pure; links of other kinds are passed over.
 */
const LINK = /<([^>]*)>([^<]*)/g;
const FIELD = /;\s*([a-z-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s;,"]+))/gi;

export function iceServers(header: string | null): RTCIceServer[] {
  const found: RTCIceServer[] = [];
  for (const [, urls = '', rest = ''] of (header ?? '').matchAll(LINK)) {
    const fields = new Map<string, string>();
    for (const [, name = '', quoted, plain] of rest.matchAll(FIELD))
      fields.set(name.toLowerCase(), quoted?.replace(/\\(.)/g, '$1') ?? plain ?? '');
    if (fields.get('rel') !== 'ice-server' || !/^(stun|turn)s?:/.test(urls)) continue;
    const username = fields.get('username');
    found.push(username === undefined ? { urls } : { urls, username, credential: fields.get('credential') ?? '' });
  }
  return found;
}
