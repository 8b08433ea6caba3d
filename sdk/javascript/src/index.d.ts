export type Json = Record<string, any>;
export type Progress = (sent: number, size: number) => void;

export class ReelwrightError extends Error {
  /** HTTP's; 0 without an answer. */
  status: number;
  code: string;
  details: Json[];
  requestId: string;
  retryAfter: number | null;
}

export class WebhookVerificationError extends Error {}
export function verifyWebhook(
  body: string | Uint8Array,
  headers: Record<string, string>,
  secret: string,
  options?: { tolerance?: number },
): Promise<Json>;

export interface FilmEvent extends Json {
  type: 'message-received' | 'ai-response' | 'user-typing' | 'progress-update' | 'error' | 'resync';
  seq: number;
}

export interface FilmEvents extends AsyncIterable<FilmEvent> {
  /** The number of the newest event; go on after it with `after`. */
  last: number | null;
  open(): Promise<unknown>;
  close(): void;
  say(message: string, options?: { sessionId?: string; attachments?: string[] }): Promise<void>;
  choose(choiceId: string, sessionId?: string): Promise<void>;
  typing(isTyping?: boolean, sessionId?: string): Promise<void>;
}

export interface Answer extends AsyncIterable<string> {
  question: Json;
  message: Json;
  text: string;
  read(): Promise<string>;
  close(): void;
}

export interface UploadOptions {
  file: Blob;
  filename?: string;
  projectId?: string;
  mediaType?: string;
  title?: string;
  description?: string;
  tags?: string[];
  piece?: number;
  onProgress?: Progress;
  onBegin?: (upload: { url: string; mediaId: string }) => void;
}

export class Reelwright {
  constructor(options?: { baseUrl?: string; apiKey?: string });
  createProject(fields: Json): Promise<Json>;
  events(sessionIds: string | string[], options?: { after?: number }): FilmEvents;
  auth: {
    refreshToken: string;
    login(email: string, password: string, proof?: { challenge?: string; otp?: string }): Promise<Json>;
    refresh(): Promise<Json>;
    me(): Promise<Json>;
    logout(): Promise<void>;
  };
  projects: {
    create(fields: Json): Promise<Json>;
    list(filters?: Json): Promise<Json>;
    get(projectId: string): Promise<Json>;
    update(projectId: string, fields: Json): Promise<Json>;
    invite(projectId: string, email: string, role?: 'collaborator' | 'viewer'): Promise<Json>;
    rewind(projectId: string, step: string): Promise<Json>;
    bible(projectId: string): Promise<Json>;
    exportBible(projectId: string, format?: 'pdf' | 'fountain'): Promise<Blob>;
  };
  chat: {
    sendMessage(said: { projectId: string; sessionId?: string; message: string; attachments?: string[] }): Promise<Json>;
    choose(taken: { sessionId: string; choiceId?: string; customInput?: string }): Promise<Json>;
    sessions(filters?: Json): Promise<Json>;
    session(sessionId: string): Promise<Json>;
  };
  conversations: {
    create(options?: { title?: string; projectId?: string }): Promise<Json>;
    list(filters?: Json): Promise<Json[]>;
    get(conversationId: string): Promise<Json>;
    history(conversationId: string, options?: { before?: string; limit?: number }): Promise<Json>;
    ask(
      conversationId: string,
      content: string,
      options?: { model?: string; intent?: string; attachmentIds?: string[]; repeatsClips?: boolean },
    ): Promise<Answer>;
    stop(messageId: string): Promise<Json>;
    clips(conversationId: string): Promise<Json>;
    delete(conversationId: string): Promise<Json>;
  };
  media: {
    upload(options: UploadOptions): Promise<Json>;
    resume(url: string, file: Blob, options?: { onProgress?: Progress; piece?: number }): Promise<void>;
    asset(mediaId: string): Promise<Json>;
    list(filters?: Json): Promise<Json>;
    get(mediaId: string): Promise<Json>;
    search(wanted: Json): Promise<Json>;
  };
  webhooks: {
    create(event: 'project-completed' | 'media-processed' | 'ai-response-ready', url: string): Promise<Json>;
    list(): Promise<Json[]>;
    delete(webhookId: string): Promise<Json>;
    deliveries(webhookId: string, paging?: { page?: number; limit?: number }): Promise<Json>;
    redeliver(deliveryId: string): Promise<Json>;
  };
}

export { Reelwright as AIMovieAPI };
