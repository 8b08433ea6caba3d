import { ReelwrightError } from './errors.js';
import { pause } from './transport.js';

const FINAL = new Map([[4401, 401], [4403, 403], [4404, 404], [4429, 429]]);
const PAUSES = [200, 500, 1000, 2000, 5000];

async function socketKind() {
  return globalThis.WebSocket ?? (await import('./node-socket.js')).NodeSocket;
}

/** One socket that comes back. `last` is the number of the newest event; go on after it another time with `after`. */
class Stream {
  constructor(transport, path, after) {
    this.transport = transport;
    this.path = path;
    this.last = after ?? null;
    this.waiting = [];
    this.wake = () => {};
    this.socket = null;
    this.over = false;
    this.closing = null;
  }

  joined() {}

  async open() {
    if (this.socket) return this.socket;
    const Kind = await socketKind();
    const query = this.last === null ? '' : `?after=${this.last}`;
    // The key stands in the handshake, not in the address, which many programs write down.
    const socket = new Kind(`${this.transport.socketRoot}${this.path}${query}`, ['bearer', this.transport.apiKey]);
    this.closing = null;
    // What was not handed out is replayed.
    this.waiting.length = 0;
    socket.addEventListener('message', ({ data }) => {
      this.waiting.push(JSON.parse(data));
      this.wake();
    });
    await new Promise((opened, failed) => {
      socket.addEventListener('open', opened);
      socket.addEventListener('close', ({ code }) => {
        this.closing = code;
        if (this.socket === socket) this.socket = null;
        this.wake();
        failed(new ReelwrightError('The studio cannot be reached.'));
      });
      socket.addEventListener('error', () => {});
    });
    this.socket = socket;
    await this.joined(socket);
    return socket;
  }

  /** Every event once, in order. Throws when the studio closes for good, or cannot be reached any more. */
  async *received() {
    let tries = 0;
    while (!this.over) {
      if (this.waiting.length) {
        tries = 0;
        const event = this.waiting.shift();
        if (typeof event.seq === 'number') this.last = Math.max(event.seq, this.last ?? 0);
        yield event;
        continue;
      }
      const status = FINAL.get(this.closing);
      if (status) throw new ReelwrightError(`The studio closed the socket (${this.closing}).`, { status });
      try {
        await this.open();
      } catch (error) {
        if (FINAL.has(this.closing)) continue;
        if (tries >= PAUSES.length) throw error;
        await pause(PAUSES[tries]);
        tries += 1;
        continue;
      }
      if (!this.waiting.length && this.socket && !this.over) await new Promise((done) => (this.wake = done));
    }
  }

  async send(message) {
    (await this.open()).send(JSON.stringify(message));
  }

  close() {
    this.over = true;
    this.socket?.close();
    this.socket = null;
    this.wake();
  }
}

/** Events of sessions of films: message-received, ai-response, user-typing, progress-update, error. */
export class FilmEvents extends Stream {
  constructor(transport, sessionIds, { after } = {}) {
    super(transport, '/api/v1/websocket', after);
    this.sessionIds = sessionIds;
  }

  /** Resolves once the sessions are joined: nothing said afterwards is missed. */
  async joined(socket) {
    const after = this.last === null ? {} : { after: this.last };
    for (const sessionId of this.sessionIds) socket.send(JSON.stringify({ type: 'join-session', sessionId, ...after }));
    await new Promise((done) => {
      const heard = ({ data }) => {
        if (JSON.parse(data).type !== 'pong') return;
        socket.removeEventListener('message', heard);
        done();
      };
      socket.addEventListener('message', heard);
      socket.addEventListener('close', done);
      socket.send(JSON.stringify({ type: 'ping' }));
    });
  }

  async *[Symbol.asyncIterator]() {
    try {
      for await (const event of this.received()) if (event.type !== 'pong') yield event;
    } finally {
      this.close();
    }
  }

  say(message, { sessionId = this.sessionIds[0], attachments = [] } = {}) {
    return this.send({ type: 'chat-message', sessionId, message, attachments });
  }

  choose(choiceId, sessionId = this.sessionIds[0]) {
    return this.send({ type: 'choice-selected', sessionId, choiceId });
  }

  typing(isTyping = true, sessionId = this.sessionIds[0]) {
    return this.send({ type: 'typing', sessionId, isTyping });
  }
}

/** An answer that is being written. Iterate for its text; `message` is the whole of it once it is there. */
export class Answer extends Stream {
  constructor(transport, conversationId, asked, after) {
    super(transport, `/ws/conversations/${conversationId}`, after);
    this.conversationId = conversationId;
    this.question = asked.message;
    this.message = asked.answer;
    this.text = '';
  }

  async *[Symbol.asyncIterator]() {
    try {
      for await (const event of this.received()) {
        let piece = '';
        if (event.type === 'resync') {
          // Too much was missed: what is written by now is read whole.
          const { messages } = await this.transport.call('GET', `/api/conversations/${this.conversationId}/thread`);
          this.message = messages.find(({ id }) => id === this.message.id);
          piece = this.message.content.slice(this.text.length);
        } else if (event.message_id !== this.message.id) {
          continue;
        } else if (event.type === 'answer.piece') {
          // What was heard already is left out.
          piece = event.text.slice(Math.max(0, this.text.length - event.at));
        } else if (['answer.done', 'answer.stopped', 'answer.failed'].includes(event.type)) {
          this.message = event.message;
          piece = this.message.content.startsWith(this.text) ? this.message.content.slice(this.text.length) : '';
        }
        this.text += piece;
        if (piece) yield piece;
        if (!['waiting', 'streaming'].includes(this.message.status)) return;
      }
    } finally {
      this.close();
    }
  }

  /** The whole answer, once it is there. */
  async read() {
    for await (const _ of this);
    return this.text;
  }
}
