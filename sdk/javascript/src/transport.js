import { ReelwrightError, errorOf } from './errors.js';

const TRIES = 4;
const PAUSES = [500, 1000, 2000];
const LONGEST_WAIT = 30;
const REPEATABLE = new Set(['GET', 'HEAD', 'PUT', 'DELETE']);
const LATER = new Set([429, 503]);

export const pause = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));

/** Node 18 keeps it in a module. */
export const webCrypto = async () => globalThis.crypto ?? (await import('node:crypto')).webcrypto;

/** Requests to one studio, repeated where that is safe. `/api/v1` or `/v1` behind the address makes no difference. */
export class Transport {
  constructor(baseUrl, apiKey) {
    this.root = baseUrl.replace(/\/+$/, '').replace(/(\/api)?(\/v1)?$/, '');
    this.apiKey = apiKey;
  }

  get socketRoot() {
    return this.root.replace(/^http/, 'ws');
  }

  /** The JSON of the answer. POSTs carry an Idempotency-Key, so that a repeated one is carried out once. */
  async call(method, path, { body, query, headers = {} } = {}) {
    const wanted = Object.entries(query ?? {}).filter(([, value]) => value !== undefined && value !== null);
    const target = wanted.length ? `${path}?${new URLSearchParams(wanted)}` : path;
    const sent = { ...headers };
    if (body !== undefined) sent['Content-Type'] = 'application/json';
    if (method === 'POST') sent['Idempotency-Key'] ??= (await webCrypto()).randomUUID();
    const content = body === undefined ? undefined : JSON.stringify(body);
    const reply = await this.send(method, target, { content, headers: sent });
    const text = await reply.text();
    return text ? JSON.parse(text) : null;
  }

  /** The answer of fetch. `path` may be a whole address. Throws a ReelwrightError for every answer of 400 and above. */
  async send(method, path, { content, headers = {} } = {}) {
    const repeatable = REPEATABLE.has(method) || 'Idempotency-Key' in headers;
    const target = new URL(path, `${this.root}/`);
    const sent = { Accept: 'application/json', ...headers };
    // A key is told to the studio alone, wherever an answer may point.
    if (this.apiKey && target.origin === new URL(this.root).origin) sent.Authorization = `Bearer ${this.apiKey}`;
    for (let attempt = 1; ; attempt += 1) {
      const last = attempt === TRIES || !repeatable;
      let reply;
      try {
        reply = await fetch(target, { method, headers: sent, body: content, credentials: 'omit' });
      } catch (error) {
        if (last) throw new ReelwrightError(`The studio did not answer: ${error.message}`);
        await pause(PAUSES[attempt - 1]);
        continue;
      }
      if (reply.ok) return reply;
      const failure = errorOf(reply.status, await reply.text(), reply.headers);
      const wait = failure.retryAfter ?? PAUSES[Math.min(attempt, PAUSES.length) - 1] / 1000;
      if (last || !LATER.has(reply.status) || wait > LONGEST_WAIT) throw failure;
      await pause(wait * 1000);
    }
  }
}
