// <chat-thread data-conversation data-socket data-after data-me> keeps a conversation up to date: what is said, answers word by word, who is
// here. Finished messages are the server's own; only the words of an answer under way are drawn here. Without an id it is a new conversation.
import { ConversationActs, MessageActs } from "../chat-acts.js";
import { dressed, fragment, parsed } from "../chat-asking.js";
import { ClipCards } from "../chat-clips.js";
import { Composer } from "../chat-composer.js";
import { ChatKeys } from "../chat-keys.js";
import { People } from "../chat-people.js";
import { RangePlayer } from "../chat-play.js";
import { Stream } from "../chat-stream.js";
import { Threads } from "../chat-threads.js";
import { LiveSocket } from "../live.js";
import { announce } from "../toast.js";

// This near to the end one follows what is written.
const NEAR = 120;
const ENDED = { "answer.done": "The answer is there.", "answer.stopped": "The answer was stopped.", "answer.failed": "The answer broke off." };

class ChatThread extends HTMLElement {
  connectedCallback() {
    this.id_ = this.dataset.conversation;
    this.scroller = this.querySelector("[data-scroll]");
    this.list = this.querySelector("[data-messages]");
    this.streams = new Map();
    this.composer = new Composer(this);
    this.threads = new Threads(this);
    this.player = new RangePlayer(this);
    this.keys = new ChatKeys(this);
    this.querySelector("[data-starters]")?.addEventListener("click", (event) => this.start(event));
    if (!this.id_) return;
    this.clips = new ClipCards(this);
    this.acts = new MessageActs(this);
    this.head = new ConversationActs(this);
    this.people = new People(this);
    this.addEventListener("answer-grew", () => this.follow());
    this.querySelector("[data-older]")?.addEventListener("click", (event) => this.older(event));
    this.adopt();
    this.toEnd();
    this.socket = new LiveSocket({
      address: this.dataset.socket,
      after: Number(this.dataset.after),
      hear: (event) => this.hear(event),
      poll: () => this.renewAll(),
      tell: (connected) => this.toggleAttribute("data-connected", connected),
    });
  }

  disconnectedCallback() {
    this.socket?.close();
    for (const stream of this.streams.values()) stream.close();
  }

  message(id) {
    return this.list?.querySelector(`[data-message="${CSS.escape(id)}"]`);
  }

  // Id of the answer that is being written.
  get writing() {
    return this.list?.querySelector('[data-status="waiting"], [data-status="streaming"]')?.dataset.message ?? "";
  }

  // A starter is a question to send as it is, or to change first.
  start(event) {
    const button = event.target.closest("[data-starter]");
    if (!button) return;
    event.preventDefault();
    this.querySelector("#intent").value = button.dataset.intent;
    this.composer.set(button.dataset.starter);
  }

  // ---- What is heard

  hear(event) {
    const { type, message_id: id } = event;
    if (type === "message") this.heard(event.message);
    else if (type === "answer.started") this.said(event.message);
    else if (type === "answer.sources") this.stream(id)?.quotes(event.sources);
    else if (type === "answer.piece") this.piece(id, event);
    else if (type in ENDED) this.ended(id, type);
    else if (type === "branch") this.renewAll();
    else if (type === "script.changed") this.clips.refresh();
    else if (type === "title") this.head.show(event.title);
    else if (type === "participants") this.people.renew();
    else if (type === "presence") this.people.present(event.people);
    else if (type === "typing") this.people.typing(event.user, event.is_typing);
    // The script and the cut listen too, on this one socket.
    this.dispatchEvent(new CustomEvent("chat-event", { detail: event }));
  }

  heard(message) {
    const { author } = message;
    if (author && author.id !== this.dataset.me && !this.message(message.id)) announce(`${author.name}: ${message.content.slice(0, 200)}`);
    return this.said(message);
  }

  // The next of the branch that is shown is added; anything else means that another branch is.
  async said({ id, parent_id: parent }) {
    if (this.message(id)) return;
    const last = this.list.lastElementChild?.dataset.message ?? null;
    await this.inTurn(async () => {
      if (this.message(id)) return;
      if ((parent ?? null) !== (this.list.lastElementChild?.dataset.message ?? last)) return this.fetchAll();
      const parts = await fragment(`${this.page}/messages/${id}`);
      if (!parts) return this.fetchAll();
      this.list.append(...parts);
      this.adopt();
      this.toEnd();
    });
  }

  piece(id, event) {
    const stream = this.stream(id);
    if (!stream) return;
    if (!stream.add(event)) return this.renew(id);
    const item = this.message(id);
    if (item.dataset.status === "waiting") item.dataset.status = "streaming";
  }

  async ended(id, type) {
    this.streams.get(id)?.close();
    this.streams.delete(id);
    await this.renew(id);
    announce(ENDED[type]);
  }

  stream(id) {
    const item = this.message(id);
    if (!item || !["waiting", "streaming"].includes(item.dataset.status)) return null;
    if (this.streams.get(id)?.item !== item) this.streams.set(id, new Stream(item));
    return this.streams.get(id);
  }

  // ---- What the server wrote

  get page() {
    return `/chat/${this.id_}`;
  }

  // One change of the list at a time, in the order in which they were wanted.
  inTurn(act) {
    this.turn = (this.turn ?? Promise.resolve()).then(act).catch(() => {});
    return this.turn;
  }

  renew(id) {
    return this.inTurn(async () => {
      const item = this.message(id);
      if (!item) return;
      const [fresh] = (await fragment(`${this.page}/messages/${id}`)) ?? [];
      if (!fresh) return;
      const near = this.nearEnd;
      item.replaceWith(fresh);
      this.adopt();
      if (near) this.toEnd();
    });
  }

  renewAll() {
    return this.inTurn(() => this.fetchAll());
  }

  async fetchAll() {
    const parts = await fragment(`${this.page}/messages`);
    if (!parts) return;
    const near = this.nearEnd;
    // What is as it was stays: a film that plays in it goes on, and nobody loses their place.
    const wanted = parts.map((part) => this.same(part) ?? part);
    for (const old of [...this.list.children]) if (!wanted.includes(old)) old.remove();
    wanted.forEach((one, place) => this.list.children[place] === one || this.list.insertBefore(one, this.list.children[place] ?? null));
    this.adopt();
    if (near) this.toEnd();
  }

  // Those above are added where they belong; what one reads stays where it is.
  older(event) {
    event.preventDefault();
    const link = event.currentTarget;
    return this.inTurn(async () => {
      const answer = await fetch(`${this.page}/messages${link.search}`, { headers: { Accept: "text/html" } });
      if (!answer.ok) return;
      const parts = parsed(await answer.text());
      const before = this.scroller.scrollHeight - this.scroller.scrollTop;
      this.list.prepend(...parts);
      this.adopt();
      this.scroller.scrollTop = this.scroller.scrollHeight - before;
      const next = answer.headers.get("X-Older");
      if (next) link.search = new URLSearchParams({ before: next });
      else link.parentElement.remove();
      parts.at(-1)?.querySelector("a, button:not([hidden])")?.focus({ preventScroll: true });
    });
  }

  same({ dataset }) {
    const there = this.message(dataset.message);
    return there?.dataset.stamp === dataset.stamp ? there : null;
  }

  // What was sent from here: shown at once, however slow the socket is.
  async sent({ message, answer }, { branched = false } = {}) {
    if (branched) await this.renewAll();
    else for (const one of [message, answer].filter(Boolean)) await this.said(one);
    this.toEnd();
  }

  // New messages get what scripts add to them.
  adopt() {
    dressed(this.list);
    for (const button of this.list.querySelectorAll("[data-copy]")) button.hidden = !navigator.clipboard;
    const { writing } = this;
    if (writing) this.stream(writing);
    for (const id of this.streams.keys()) if (!this.message(id)) this.streams.delete(id);
    if (writing !== this.shownWriting) this.composer.writing(writing);
    this.shownWriting = writing;
    this.composer.form?.classList.toggle("is-writing", Boolean(writing));
    const spent = this.list.lastElementChild?.dataset.spent;
    const shown = this.querySelector("[data-cost]");
    if (spent && shown) shown.textContent = spent;
    const empty = this.querySelector("[data-nothing-said]");
    if (empty) empty.hidden = this.list.children.length > 0;
  }

  // ---- Where one reads

  get nearEnd() {
    const { scrollTop, scrollHeight, clientHeight } = this.scroller;
    return scrollHeight - scrollTop - clientHeight < NEAR;
  }

  follow() {
    if (this.nearEnd) this.toEnd();
  }

  toEnd() {
    this.scroller.scrollTop = this.scroller.scrollHeight;
  }
}

customElements.define("chat-thread", ChatThread);
