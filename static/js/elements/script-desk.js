// <script-desk data-conversation [data-may-write] [data-may-comment]>: the script as a document, the cut as a strip, what people say of both.
// It draws from the conversation's JSON and hears of changes as `chat-event` of the <chat-thread> around it.
import { asked } from "../chat-asking.js";
import { CommentsPanel } from "../desk-comments.js";
import { CutPanel } from "../desk-cut.js";
import { ScriptPanel } from "../desk-script.js";
import { announce, toast } from "../toast.js";

const SETTLE = 150;

class ScriptDesk extends HTMLElement {
  connectedCallback() {
    if (this.panels) return;
    this.id_ = this.dataset.conversation;
    this.mayWrite = this.hasAttribute("data-may-write");
    this.mayComment = this.hasAttribute("data-may-comment");
    this.records = [];
    this.clips = [];
    this.comments = [];
    this.script = new ScriptPanel(this);
    this.cut = new CutPanel(this);
    this.talk = new CommentsPanel(this);
    this.panels = [...this.querySelectorAll("[role=tabpanel]")];
    this.tabs = [...this.querySelectorAll("[role=tab]")];
    this.show("script");
    this.querySelector("[role=tablist]").addEventListener("keydown", (event) => this.step(event));
    this.addEventListener("click", ({ target }) => {
      const tab = target.closest("[data-tab]");
      if (tab) this.show(tab.dataset.tab);
    });
    this.closest("chat-thread")?.addEventListener("chat-event", ({ detail }) => this.hear(detail));
    document.addEventListener("chat-event", ({ detail }) => this.hear(detail));
    document.querySelector("#export-menu")?.addEventListener("submit", (event) => this.export(event));
    this.againDialog = this.querySelector("[data-again]");
    this.againDialog?.querySelector("form").addEventListener("submit", () => this.makeAgain());
    this.load();
  }

  part(name) {
    return this.querySelector(`template[data-part="${name}"]`).content.firstElementChild.cloneNode(true);
  }

  api(path) {
    return `/api/conversations/${this.id_}/${path}`;
  }

  // A question whose refusal is said. -> the body, or null
  ask(address, method = "GET", body = undefined) {
    return asked((words) => toast(words, "error"), address, { method, body });
  }

  // ---- Tabs

  show(name) {
    for (const tab of this.tabs) {
      const on = tab.dataset.tab === name;
      tab.setAttribute("aria-selected", String(on));
      tab.tabIndex = on ? 0 : -1;
    }
    for (const panel of this.panels) panel.hidden = panel.id !== `desk-${name}`;
  }

  step(event) {
    const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!by) return;
    const next = this.tabs.at((this.tabs.indexOf(document.activeElement) + by) % this.tabs.length);
    this.show(next.dataset.tab);
    next.focus();
  }

  // ---- What is there

  async load() {
    await Promise.all([this.read("records"), this.read("clips"), this.read("comments"), this.cut.films.read()]);
  }

  // Asked for again while it is on its way, it is asked for once more after that: the last answer is the newest.
  async read(what) {
    this.reading ??= {};
    if (this.reading[what]) return (this.reading[what] = "again");
    this.reading[what] = "once";
    const found = await this.ask(this.api(what));
    const again = this.reading[what] === "again";
    this.reading[what] = "";
    if (found) this.take(what, found[what]);
    if (again) await this.read(what);
  }

  take(what, rows) {
    this[what] = rows;
    if (what === "records" || what === "clips") this.script.draw();
    if (what === "clips") this.cut.draw();
    if (what === "comments") {
      this.script.count();
      this.cut.count();
    }
    this.talk.draw();
    this.total();
  }

  total() {
    const shown = this.querySelector("[data-total]");
    const seconds = this.records.reduce((sum, record) => sum + this.seconds(record), 0);
    shown.textContent = this.records.length ? `${this.records.length} section${this.records.length === 1 ? "" : "s"}, ${clock(seconds)}` : "";
    const badge = this.querySelector("[data-count-cut]");
    const inCut = this.clips.filter((clip) => clip.in_cut).length;
    badge.hidden = !inCut;
    badge.textContent = inCut;
  }

  // What is said, and then what is shown.
  seconds({ duration, content, clip_id: id }) {
    const clip = content && this.clips.find((one) => one.id === id);
    return duration + (clip ? clip.end_time - clip.start_time : 0);
  }

  commentsOn(kind, id) {
    return this.comments.filter((comment) => comment[`${kind}_id`] === id);
  }

  hear(event) {
    if (event === this.heard) return;
    this.heard = event;
    if (event.type === "script.changed") {
      clearTimeout(this[`wait_${event.what}`]);
      this[`wait_${event.what}`] = setTimeout(() => this.read(event.what), SETTLE);
      // What is made again comes as a change of the clip or the section itself.
    } else if (event.type === "render") this.cut.films.hear(event);
    else if (event.type === "answer.clips" || event.type === "answer.done") this.load();
  }

  // ---- Comments and making again, for sections and clips alike

  discuss(kind, index) {
    this.show("comments");
    this.talk.open(kind, index);
  }

  again(kind, index) {
    this.asking = { kind, index };
    this.againDialog.querySelector("textarea").value = "";
    this.againDialog.querySelector("[data-title]").textContent = `${kind === "clip" ? "Find another for clip" : "Write again: section"} ${index + 1}`;
    this.againDialog.showModal();
  }

  async makeAgain() {
    const { kind, index } = this.asking;
    const feedback = this.againDialog.querySelector("textarea").value.trim();
    const done = await this.ask(`/api/${kind}s/${this.id_}/${index}/regenerate`, "POST", { feedback });
    if (!done) return;
    announce(kind === "clip" ? "Another clip is there." : "The section is written again.");
    this.read(`${kind}s`);
  }

  // ---- Export

  async export(event) {
    const format = event.submitter?.value;
    if (!format) return;
    event.preventDefault();
    event.target.hidePopover?.();
    await this.script.settle();
    const made = await this.ask("/api/chat/export-script", "POST", { conversation_id: this.id_, format });
    if (!made) return;
    announce(`${made.filename} is ready.`);
    location.assign(made.download_url);
  }
}

// 73.4 -> "1:13"
export const clock = (seconds) => `${Math.floor(Math.round(seconds) / 60)}:${String(Math.round(seconds) % 60).padStart(2, "0")}`;

customElements.define("script-desk", ScriptDesk);
