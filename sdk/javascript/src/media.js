import { ReelwrightError } from './errors.js';
import { pause } from './transport.js';

const TUS = { 'Tus-Resumable': '1.0.0' };
const PIECE = 8 * 2 ** 20;
const TRIES = 5;
const AGAIN = new Set([0, 409, 423, 429, 460, 503]);

const base64 = (text) => btoa(String.fromCharCode(...new TextEncoder().encode(text)));

export class Media {
  constructor(transport) {
    this.transport = transport;
  }

  /**
   * Brings a Blob or File of any size, in pieces, by tus 1.0; answers with the asset. Keep the `url` that `onBegin` gets:
   * with it, `resume` goes on where this one stopped.
   */
  async upload({ file, filename, projectId, mediaType, title, description, tags = [], onProgress, onBegin, piece }) {
    const said = {
      filename: filename ?? file.name ?? 'file',
      filetype: file.type,
      project_id: projectId,
      media_type: mediaType,
      title,
      description,
      tags: tags.join(','),
    };
    const pairs = Object.entries(said).filter(([, value]) => value);
    const headers = {
      ...TUS,
      'Upload-Length': String(file.size),
      'Upload-Metadata': pairs.map(([name, value]) => `${name} ${base64(value)}`).join(','),
    };
    const reply = await this.transport.send('POST', '/uploads', { headers });
    const url = reply.headers.get('location');
    onBegin?.({ url, mediaId: reply.headers.get('x-asset-id') });
    await this.send(url, file, 0, { onProgress, piece });
    return this.asset(reply.headers.get('x-asset-id'));
  }

  /** Goes on with an upload that broke off. */
  async resume(url, file, options = {}) {
    await this.send(url, file, await this.offset(url), options);
  }

  async offset(url) {
    const reply = await this.transport.send('HEAD', url, { headers: TUS });
    return Number(reply.headers.get('upload-offset'));
  }

  async send(url, file, offset, { onProgress, piece = PIECE } = {}) {
    let failures = 0;
    while (offset < file.size) {
      try {
        const reply = await this.transport.send('PATCH', url, {
          content: file.slice(offset, offset + piece),
          headers: { ...TUS, 'Upload-Offset': String(offset), 'Content-Type': 'application/offset+octet-stream' },
        });
        offset = Number(reply.headers.get('upload-offset'));
        failures = 0;
        onProgress?.(offset, file.size);
      } catch (error) {
        failures += 1;
        if (failures >= TRIES || !(error instanceof ReelwrightError) || !AGAIN.has(error.status)) throw error;
        await pause(500 * failures);
        offset = await this.offset(url);
      }
    }
  }

  asset(mediaId) {
    return this.transport.call('GET', `/api/library/assets/${mediaId}`);
  }

  /** `{media, pagination}` of films. */
  list(filters = {}) {
    return this.transport.call('GET', '/api/v1/media', { query: filters });
  }

  async get(mediaId) {
    return (await this.transport.call('GET', `/api/v1/media/${mediaId}`)).media;
  }

  /** By meaning: `query`, and projectId, mediaTypes, limit, threshold. */
  search(wanted) {
    return this.transport.call('POST', '/api/v1/media/search', { body: wanted });
  }
}
