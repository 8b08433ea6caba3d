import { webCrypto } from './transport.js';

export class WebhookVerificationError extends Error {}

const bytes = (text) => new TextEncoder().encode(text);
const decoded = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));

/**
 * What a request to your address says, once its signature holds (Standard Webhooks). Pass the body as it came, unparsed.
 * @param {string | Uint8Array} body @param {Record<string, string>} headers @param {string} secret
 */
export async function verifyWebhook(body, headers, secret, { tolerance = 300 } = {}) {
  const given = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
  const [id, timestamp] = [given['webhook-id'], given['webhook-timestamp']];
  if (!id || !/^\d+$/.test(timestamp ?? '') || !given['webhook-signature']) {
    throw new WebhookVerificationError('The headers of a signed request are missing.');
  }
  if (Math.abs(Date.now() / 1000 - Number(timestamp)) > tolerance) {
    throw new WebhookVerificationError('The request is too old, or the clocks differ.');
  }
  const data = typeof body === 'string' ? bytes(body) : body;
  const signed = new Uint8Array([...bytes(`${id}.${timestamp}.`), ...data]);
  const hash = { name: 'HMAC', hash: 'SHA-256' };
  const { subtle } = await webCrypto();
  const key = await subtle.importKey('raw', decoded(secret.replace(/^whsec_/, '')), hash, false, ['verify']);
  for (const one of given['webhook-signature'].split(' ')) {
    const [version, value = ''] = one.split(',');
    let mac;
    try {
      mac = decoded(value);
    } catch {
      continue;
    }
    if (version === 'v1' && (await subtle.verify('HMAC', key, mac, signed))) {
      return JSON.parse(new TextDecoder().decode(data));
    }
  }
  throw new WebhookVerificationError('The signature does not hold.');
}

export class Webhooks {
  constructor(transport) {
    this.transport = transport;
  }

  /** Keep `secret`: it is told once. Events: project-completed, media-processed, ai-response-ready. */
  create(event, url) {
    return this.transport.call('POST', `/api/v1/webhooks/${event}`, { body: { url } });
  }

  async list() {
    return (await this.transport.call('GET', '/api/v1/webhooks')).webhooks;
  }

  delete(webhookId) {
    return this.transport.call('DELETE', `/api/v1/webhooks/${webhookId}`);
  }

  deliveries(webhookId, paging = {}) {
    return this.transport.call('GET', `/api/v1/webhooks/${webhookId}/deliveries`, { query: paging });
  }

  redeliver(deliveryId) {
    return this.transport.call('POST', `/api/v1/webhooks/deliveries/${deliveryId}/redeliver`);
  }
}
