import { Media } from './media.js';
import { Answer, FilmEvents } from './streams.js';
import { Transport } from './transport.js';
import { Webhooks } from './webhooks.js';

export { ReelwrightError } from './errors.js';
export { WebhookVerificationError, verifyWebhook } from './webhooks.js';

/** A studio. `apiKey` is a key of your account (`rwk_…`) or an access token; without one, sign in with `auth.login`. */
export class Reelwright {
  constructor({ baseUrl = 'http://127.0.0.1:8000', apiKey = '' } = {}) {
    this.transport = new Transport(baseUrl, apiKey);
    this.auth = new Auth(this.transport);
    this.projects = new Projects(this.transport);
    this.chat = new Chat(this.transport);
    this.conversations = new Conversations(this.transport);
    this.media = new Media(this.transport);
    this.webhooks = new Webhooks(this.transport);
  }

  createProject(fields) {
    return this.projects.create(fields);
  }

  /** What is said, chosen and answered in sessions of films. Reconnects by itself and misses nothing. */
  events(sessionIds, options) {
    return new FilmEvents(this.transport, [sessionIds].flat(), options);
  }
}

/** As the document calls it. */
export { Reelwright as AIMovieAPI };

class Auth {
  constructor(transport) {
    this.transport = transport;
    this.refreshToken = '';
  }

  /** Signs in, and from then on calls as this person. With a second factor, `challenge` and `otp` go along the second time. */
  async login(email, password, proof = {}) {
    return this.take(await this.transport.call('POST', '/api/v1/auth/login', { body: { email, password, ...proof } }));
  }

  async refresh() {
    const bare = new Transport(this.transport.root, this.refreshToken);
    return this.take(await bare.call('POST', '/api/v1/auth/refresh'));
  }

  me() {
    return this.transport.call('GET', '/api/auth/me');
  }

  async logout() {
    await this.transport.call('DELETE', '/api/v1/auth/logout');
    this.transport.apiKey = this.refreshToken = '';
  }

  take(answer) {
    this.transport.apiKey = answer.access_token;
    this.refreshToken = answer.refresh_token ?? this.refreshToken;
    return answer;
  }
}

/** Films. */
class Projects {
  constructor(transport) {
    this.transport = transport;
  }

  /** title, description, genre, episodeCount, targetAudience, projectSettings. */
  async create(fields) {
    return (await this.transport.call('POST', '/api/v1/projects', { body: fields })).project;
  }

  /** `{projects, pagination}`; filters: status, genre, search, sort, order, page, limit. */
  list(filters = {}) {
    return this.transport.call('GET', '/api/v1/projects', { query: filters });
  }

  async get(projectId) {
    return (await this.transport.call('GET', `/api/v1/projects/${projectId}`)).project;
  }

  async update(projectId, fields) {
    return (await this.transport.call('PUT', `/api/v1/projects/${projectId}`, { body: fields })).project;
  }

  async invite(projectId, email, role = 'collaborator') {
    const path = `/api/v1/projects/${projectId}/collaborators`;
    return (await this.transport.call('POST', path, { body: { email, role } })).invitation;
  }

  /** Back to a step that was done; what was chosen there and later is taken back. */
  rewind(projectId, step) {
    return this.transport.call('POST', `/api/v1/projects/${projectId}/rewind`, { body: { step } });
  }

  async bible(projectId) {
    return (await this.transport.call('GET', `/api/v1/projects/${projectId}/bible`)).bible;
  }

  /** The bible as a Blob: pdf or fountain. */
  async exportBible(projectId, format = 'pdf') {
    return (await this.transport.send('GET', `/api/v1/projects/${projectId}/bible/export?format=${format}`)).blob();
  }
}

/** Developing a film in conversation. */
class Chat {
  constructor(transport) {
    this.transport = transport;
  }

  /** `{projectId, sessionId?, message, attachments?}`. Without a session, your newest one. */
  sendMessage(said) {
    return this.transport.call('POST', '/api/v1/chat/message', { body: said });
  }

  /** `{sessionId, choiceId?, customInput?}`: one of the choices, or words of your own, which count more. */
  choose(taken) {
    return this.transport.call('POST', '/api/v1/chat/choice', { body: taken });
  }

  sessions(filters = {}) {
    return this.transport.call('GET', '/api/v1/chat/sessions', { query: filters });
  }

  async session(sessionId) {
    return (await this.transport.call('GET', `/api/v1/chat/session/${sessionId}`)).session;
  }
}

/** Conversations over your footage. */
class Conversations {
  constructor(transport) {
    this.transport = transport;
  }

  async create({ title, projectId } = {}) {
    const body = { title, project_id: projectId };
    return (await this.transport.call('POST', '/api/conversations', { body })).conversation;
  }

  async list(filters = {}) {
    return (await this.transport.call('GET', '/api/conversations', { query: filters })).conversations;
  }

  get(conversationId) {
    return this.transport.call('GET', `/api/conversations/${conversationId}`);
  }

  /** `{messages, clips, records, older, seq}`; `before: older` for more. */
  history(conversationId, { before, limit } = {}) {
    return this.transport.call('GET', `/api/conversations/${conversationId}/thread`, { query: { before, limit } });
  }

  /** Asks, and listens: iterate over the answer for its text as it is written. */
  async ask(conversationId, content, { model, intent, attachmentIds, repeatsClips } = {}) {
    // Whatever is said after this number belongs to what is asked now.
    const { seq } = await this.history(conversationId, { limit: 1 });
    const body = { content, model, intent, attachment_ids: attachmentIds, repeats_clips: repeatsClips };
    const asked = await this.transport.call('POST', `/api/conversations/${conversationId}/messages`, { body });
    return new Answer(this.transport, conversationId, asked, seq);
  }

  async stop(messageId) {
    return (await this.transport.call('POST', `/api/messages/${messageId}/stop`)).message;
  }

  clips(conversationId) {
    return this.transport.call('GET', `/api/conversations/${conversationId}/clips`);
  }

  delete(conversationId) {
    return this.transport.call('DELETE', `/api/conversations/${conversationId}`);
  }
}
