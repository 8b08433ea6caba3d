// A WebSocket for Node versions that have none of their own: text frames, masked, as RFC 6455 has them.
import { createHash, randomBytes } from 'node:crypto';
import { request as plain } from 'node:http';
import { request as secure } from 'node:https';

const MAGIC = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
const LARGEST = 16 * 2 ** 20;
const [TEXT, CLOSE, PING, PONG] = [1, 8, 9, 10];

/** As much of the browser's interface as this client uses. */
export class NodeSocket extends EventTarget {
  constructor(address, protocols = []) {
    super();
    this.readyState = 0;
    this.buffer = Buffer.alloc(0);
    this.parts = [];
    const url = new URL(address.replace(/^ws/, 'http'));
    const key = randomBytes(16).toString('base64');
    const headers = { Connection: 'Upgrade', Upgrade: 'websocket', 'Sec-WebSocket-Version': '13', 'Sec-WebSocket-Key': key };
    if (protocols.length) headers['Sec-WebSocket-Protocol'] = protocols.join(', ');
    const asked = (url.protocol === 'https:' ? secure : plain)(url, { headers });
    asked.on('upgrade', (response, stream, head) => {
      const wanted = createHash('sha1').update(key + MAGIC).digest('base64');
      if (response.headers['sec-websocket-accept'] !== wanted) {
        stream.destroy();
        this.end(1006);
        return;
      }
      this.stream = stream;
      this.readyState = 1;
      stream.on('data', (data) => this.take(data));
      stream.on('close', () => this.end(1006));
      stream.on('error', () => this.end(1006));
      this.dispatchEvent(new Event('open'));
      if (head.length) this.take(head);
    });
    asked.on('response', () => this.end(1006));
    asked.on('error', () => this.end(1006));
    asked.end();
  }

  send(text) {
    this.write(TEXT, Buffer.from(text));
  }

  close(code = 1000) {
    if (this.readyState !== 1) return;
    const reason = Buffer.alloc(2);
    reason.writeUInt16BE(code);
    this.write(CLOSE, reason);
    this.stream.end();
    this.end(code);
  }

  write(kind, data) {
    const mask = randomBytes(4);
    const long = data.length > 65_535 ? 8 : data.length > 125 ? 2 : 0;
    const head = Buffer.alloc(2 + long);
    head[0] = 0x80 | kind;
    head[1] = 0x80 | (long === 8 ? 127 : long === 2 ? 126 : data.length);
    if (long === 2) head.writeUInt16BE(data.length, 2);
    if (long === 8) head.writeBigUInt64BE(BigInt(data.length), 2);
    this.stream.write(Buffer.concat([head, mask, data.map((byte, place) => byte ^ mask[place % 4])]));
  }

  take(data) {
    this.buffer = Buffer.concat([this.buffer, data]);
    for (;;) {
      if (this.buffer.length < 2) return;
      let size = this.buffer[1] & 127;
      let start = 2;
      if (size === 126) {
        if (this.buffer.length < 4) return;
        size = this.buffer.readUInt16BE(2);
        start = 4;
      } else if (size === 127) {
        if (this.buffer.length < 10) return;
        size = Number(this.buffer.readBigUInt64BE(2));
        start = 10;
      }
      if (size > LARGEST) {
        this.close(1009);
        return;
      }
      if (this.buffer.length < start + size) return;
      const [first] = this.buffer;
      const content = this.buffer.subarray(start, start + size);
      this.buffer = this.buffer.subarray(start + size);
      this.frame(first & 15, Boolean(first & 0x80), content);
    }
  }

  frame(kind, whole, content) {
    if (kind === PING) this.write(PONG, content);
    else if (kind === CLOSE) {
      this.stream.end();
      this.end(content.length >= 2 ? content.readUInt16BE(0) : 1005);
    } else if (kind === TEXT || kind === 0) {
      this.parts.push(content);
      if (!whole) return;
      const text = Buffer.concat(this.parts).toString();
      this.parts = [];
      this.dispatchEvent(Object.assign(new Event('message'), { data: text }));
    }
  }

  end(code) {
    if (this.readyState === 3) return;
    this.readyState = 3;
    this.dispatchEvent(Object.assign(new Event('close'), { code }));
  }
}
