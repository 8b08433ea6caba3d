// What is not saved yet, kept every few seconds: in the studio, so that another machine finds it, and in this browser while the studio is away.
import { ask } from "./cue-asking.js";

const HERE_AFTER = 1200;
const THERE_EVERY = 4000;

export class CueDrafts {
  constructor(desk) {
    this.desk = desk;
    const { job, language, kind } = desk.dataset;
    this.key = `reelwright.draft:${job}:${language}:${kind}`;
    this.address = desk.address(`/draft?${desk.query}`);
    this.words = "not saved yet";
    this.last = 0;
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState === "hidden" && desk.list.dirty) this.keep();
    });
  }

  later() {
    this.words = "not saved yet";
    clearTimeout(this.waiting);
    this.waiting = setTimeout(() => this.keep(), Math.max(HERE_AFTER, Math.min(THERE_EVERY, this.last + THERE_EVERY - Date.now())));
  }

  async keep() {
    const { desk } = this;
    clearTimeout(this.waiting);
    if (desk.readOnly) return;
    if (!desk.list.dirty) return this.forget();
    const number = desk.list.now;
    const content = desk.list.content();
    this.keepHere(content);
    this.last = Date.now();
    if (this.alone) return;
    try {
      const answer = await ask(this.address, { method: "PUT", body: { content, base_version: desk.saving.version }, keepalive: content.length < 60_000 });
      // A studio that keeps no drafts: this browser does.
      if (answer.status === 404 || answer.status === 405) this.alone = true;
      if (!answer.ok) return;
      this.there = true;
      if (desk.list.now !== number) return;
      if (!desk.list.dirty) return this.forget();
      this.dropHere();
      this.words = `draft saved ${new Date().toLocaleTimeString([], { hour12: false })}`;
      desk.drawState();
    } catch {
      // Out of reach: what this browser keeps is enough, and the next change tries again.
    }
  }

  keepHere(content) {
    const { saving } = this.desk;
    try {
      localStorage.setItem(this.key, JSON.stringify({ content, base: saving.version, at: Date.now() }));
    } catch {
      // A full storage must not keep anybody from writing.
    }
  }

  dropHere() {
    try {
      localStorage.removeItem(this.key);
    } catch {
      // There was none.
    }
  }

  forget() {
    clearTimeout(this.waiting);
    this.dropHere();
    if (!this.there) return;
    this.there = false;
    ask(this.address, { method: "DELETE" }).catch(() => {});
  }

  // ---- what was left behind

  async offer() {
    if (this.desk.readOnly) return;
    const found = [this.readHere(), await this.readThere()].filter((draft) => draft && draft.content !== this.desk.saving.text);
    found.sort((one, other) => other.at - one.at);
    const [draft] = found;
    if (!draft || this.desk.list.dirty) return;
    const note = this.desk.querySelector("[data-draft]");
    const when = new Date(draft.at);
    note.hidden = false;
    note.querySelector("[data-draft-text]").textContent = `A text of ${when.toLocaleDateString()}, ${when.toLocaleTimeString([], { hour12: false })} was never saved. It began from version ${draft.base}.`;
    this.draft = draft;
  }

  readHere() {
    try {
      return JSON.parse(localStorage.getItem(this.key) ?? "null");
    } catch {
      return null;
    }
  }

  async readThere() {
    try {
      const { ok, body } = await ask(this.address);
      if (!ok || !body?.content) return null;
      this.there = true;
      return { content: body.content, base: body.base_version, at: Date.parse(body.updated_at ?? body.created_at) };
    } catch {
      return null;
    }
  }

  restore() {
    const { desk, draft } = this;
    this.hide();
    // Saved against the version it began from, so that a newer one is merged instead of overwritten.
    if (draft.base) desk.saving.version = draft.base;
    desk.load(draft.content, { touched: true });
  }

  discard() {
    this.hide();
    this.forget();
  }

  hide() {
    this.desk.querySelector("[data-draft]").hidden = true;
  }
}
