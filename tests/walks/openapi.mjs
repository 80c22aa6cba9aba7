// Checks answers of the server against server/api/openapi.json, the description given to strangers.
//
//   validate(method, path, status, body)   throws an Error that names the place when they disagree
//   validateResponse(method, url, response)  the same for a fetch() Response; returns its JSON (or text)
//
// `body` is the parsed JSON, or undefined / text for answers that are none.
import { readFileSync } from 'node:fs';
import Ajv2020 from 'ajv/dist/2020.js';

const description = JSON.parse(readFileSync(new URL('../../server/api/openapi.json', import.meta.url), 'utf8'));
const ajv = new Ajv2020.default({ allErrors: true, strict: false, validateFormats: false });
ajv.addSchema({ $id: 'jiangtang', ...description });

const compiled = new Map();

function resolve(node) {
  if (!node?.$ref) return node;
  return node.$ref
    .slice(2)
    .split('/')
    .reduce((at, key) => at[key.replaceAll('~1', '/').replaceAll('~0', '~')], description);
}

const escape = (key) => key.replaceAll('~', '~0').replaceAll('/', '~1');

function checker(pointer) {
  if (!compiled.has(pointer)) compiled.set(pointer, ajv.compile({ $ref: `jiangtang#${encodeURI(pointer)}` }));
  return compiled.get(pointer);
}

/** The described path that takes this one: literal segments beat placeholders. */
export function findPath(path) {
  const wanted = new URL(path, 'http://x').pathname.split('/');
  const fits = (pattern) => {
    const parts = pattern.split('/');
    return parts.length === wanted.length && parts.every((part, i) => part.startsWith('{') || part === wanted[i]);
  };
  const literals = (pattern) => pattern.split('/').filter((part) => !part.startsWith('{')).length;
  return Object.keys(description.paths)
    .filter(fits)
    .sort((a, b) => literals(b) - literals(a))[0];
}

/** JSON pointer to the response object of this status, or null. */
function responsePointer(pattern, method, status) {
  const operation = description.paths[pattern][method.toLowerCase()];
  if (!operation) return null;
  const key = String(status) in operation.responses ? String(status) : status >= 400 ? 'default' : null;
  if (!key || !operation.responses[key]) return null;
  const ref = operation.responses[key].$ref;
  return ref ? ref.slice(1) : `/paths/${escape(pattern)}/${method.toLowerCase()}/responses/${key}`;
}

function fail(method, path, status, why) {
  throw new Error(`${method} ${path} ${status} is not as described: ${why}`);
}

/** Throws unless this answer is one the description allows. contentType may be left out. */
export function validate(method, path, status, body, contentType) {
  const pattern = findPath(path);
  if (!pattern) fail(method, path, status, 'there is no such path');
  const described = method === 'HEAD' && !description.paths[pattern].head ? 'GET' : method;
  const pointer = responsePointer(pattern, described, status);
  if (!pointer) fail(method, path, status, 'this status is not described');
  const content = resolve({ $ref: `#${pointer}` }).content;
  if (!content) {
    if (body !== undefined && body !== '') fail(method, path, status, 'it has a body');
    return;
  }
  const isObject = body !== null && typeof body === 'object';
  const type =
    contentType?.split(';')[0].trim() ??
    Object.keys(content).find((name) => isObject === /json$/.test(name)) ??
    Object.keys(content)[0];
  if (!content[type]) fail(method, path, status, `${type} is not described`);
  if (!/json$/.test(type)) return;
  const check = checker(`${pointer}/content/${escape(type)}/schema`);
  if (!check(body)) fail(method, path, status, ajv.errorsText(check.errors, { dataVar: 'body', separator: '\n  ' }));
}

/** Reads a fetch() Response, validates it, and gives its JSON, or its text when it is none. */
export async function validateResponse(method, url, response) {
  const type = response.headers.get('content-type') ?? undefined;
  const text = await response.text();
  const body = type && /json/.test(type) ? JSON.parse(text) : text || undefined;
  validate(method, new URL(url, 'http://x').pathname, response.status, body, text ? type : undefined);
  return body;
}

/** Every example in the description, for the test that they are true: {where, pointer, example}. */
export function* examples() {
  for (const [pattern, operations] of Object.entries(description.paths)) {
    for (const [method, operation] of Object.entries(operations)) {
      const contents = Object.entries(operation.responses).map(([status, response]) => [
        `${pattern}/${status}`,
        response.$ref ? response.$ref.slice(1) : `/paths/${escape(pattern)}/${method}/responses/${status}`,
        resolve(response).content,
      ]);
      if (operation.requestBody)
        contents.push([`${pattern}/request`, `/paths/${escape(pattern)}/${method}/requestBody`, operation.requestBody.content]);
      for (const [where, pointer, content] of contents)
        for (const [type, media] of Object.entries(content ?? {}))
          if (media.example !== undefined)
            yield { where: `${method} ${where}`, check: checker(`${pointer}/content/${escape(type)}/schema`), example: media.example };
    }
  }
}
