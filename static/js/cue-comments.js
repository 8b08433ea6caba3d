// What people say of the language and of its cues: marks in the grid, a panel, and a dialog to say something.
import { ask, refusal } from "./cue-asking.js";
import { announce, toast } from "./toast.js";

const PAGE = 100;

export class CueComments {
  constructor(desk, address) {
    Object.assign(this, { desk, address: `${address}/comments`, all: [], of: new Map() });
    this.dialog = desk.querySelector("[data-comment]");
    this.panel = desk.querySelector("[data-comments]");
    this.dialog.querySelector("form").addEventListener("submit", (event) => this.send(event));
    this.panel.addEventListener("click", ({ target }) => {
      const settle = target.closest("[data-settle]");
      if (settle) this.settle(settle.closest("[data-id]").dataset.id);
    });
  }

  async load() {
    const found = [];
    for (let page = 1; ; page++) {
      const answer = await ask(`${this.address}?page=${page}&size=${PAGE}`).catch(() => null);
      if (!answer?.ok) return;
      found.push(...answer.body.items);
      if (found.length >= answer.body.total || !answer.body.items.length) break;
    }
    this.allowed = true;
    this.all = found;
    const { saved } = this.desk.list;
    for (const comment of found) comment.key = this.isHere(comment) ? saved[comment.cue_index]?.key : undefined;
    for (const part of this.desk.querySelectorAll("[data-commenting]")) part.hidden = false;
    this.draw();
  }

  isHere({ kind, cue_index: index }) {
    return index !== null && (!kind || kind === this.desk.dataset.kind);
  }

  open({ key }) {
    return this.of.get(key) ?? [];
  }

  draw() {
    this.of = new Map();
    for (const comment of this.all) if (!comment.resolved && comment.key) this.of.set(comment.key, [...(this.of.get(comment.key) ?? []), comment]);
    const open = this.all.filter(({ resolved }) => !resolved);
    for (const part of this.desk.querySelectorAll("[data-comments-count]")) part.textContent = open.length;
    const template = this.desk.querySelector("[data-comment-row]");
    const sorted = [...this.all].sort((one, other) => one.resolved - other.resolved || (one.cue_index ?? -1) - (other.cue_index ?? -1) || one.created_at.localeCompare(other.created_at));
    this.panel.replaceChildren(...sorted.map((comment) => this.row(template, comment)));
    this.desk.querySelector("[data-no-comments]").hidden = this.all.length > 0;
    this.desk.grid.refresh();
    this.drawBox();
  }

  row(template, { id, author, body, category, severity, resolved, cue_index: index, key }) {
    const item = template.content.firstElementChild.cloneNode(true);
    const name = author.name || author.email || "Somebody";
    const set = (part, text) => {
      const place = item.querySelector(`[data-${part}]`);
      place.textContent = text ?? "";
      place.hidden = !text;
    };
    item.dataset.id = id;
    item.classList.toggle("comment--settled", resolved);
    item.querySelector("[data-initials]").textContent = name.split(/\s+/).map((word) => word[0]).slice(0, 2).join("").toUpperCase();
    set("name", name);
    set("said", body);
    set("weight", [severity, category].filter(Boolean).join(", "));
    set("done", resolved ? "settled" : "");
    const where = item.querySelector("[data-where]");
    where.hidden = !key;
    where.textContent = `Cue ${index + 1}`;
    if (key) item.dataset.cue = key;
    item.querySelector("[data-settle]").textContent = resolved ? "Open again" : "Settle";
    return item;
  }

  drawBox() {
    const list = this.desk.querySelector("[data-comments-here]");
    if (!list || !this.desk.cue) return;
    const template = this.desk.querySelector("[data-comment-row]");
    const open = this.open(this.desk.cue);
    list.hidden = !open.length;
    list.replaceChildren(...open.map((comment) => this.row(template, comment)));
    for (const where of list.querySelectorAll("[data-where]")) where.hidden = true;
    for (const settle of list.querySelectorAll("[data-settle]")) settle.addEventListener("click", () => this.settle(settle.closest("[data-id]").dataset.id));
  }

  // ---- saying something

  write() {
    const { desk, dialog } = this;
    if (!this.allowed || !desk.cue) return;
    dialog.querySelector("[data-comment-title]").textContent = `Comment on cue ${desk.at + 1}`;
    this.key = desk.cue.key;
    dialog.querySelector("form").reset();
    dialog.showModal();
    dialog.querySelector("textarea").focus();
  }

  async send(event) {
    event.preventDefault();
    const { desk, dialog, key } = this;
    const data = new FormData(event.target);
    // Places are those of the newest version: a cue that is in none yet goes there first.
    let index = desk.list.saved.findIndex((cue) => cue.key === key);
    if (index < 0 && (await desk.saving.save())) index = desk.list.saved.findIndex((cue) => cue.key === key);
    if (index < 0) return;
    try {
      const body = { body: data.get("body"), cue_index: index, kind: desk.dataset.kind, category: data.get("category"), severity: data.get("severity") };
      const answer = await ask(this.address, { method: "POST", body });
      if (!answer.ok) return toast(refusal(answer), "error");
      this.all.push({ ...answer.body, key });
      dialog.close();
      this.draw();
      announce(`Comment on cue ${index + 1} kept.`);
    } catch {
      toast("The studio cannot be reached. Try again.", "error");
    }
  }

  async settle(id) {
    const comment = this.all.find((other) => other.id === id);
    try {
      const answer = await ask(`${this.address}/${id}`, { method: "PATCH", body: { resolved: !comment.resolved } });
      if (!answer.ok) return toast(refusal(answer), "error");
      Object.assign(comment, answer.body);
      this.draw();
      announce(comment.resolved ? "Settled." : "Open again.");
    } catch {
      toast("The studio cannot be reached. Try again.", "error");
    }
  }
}
