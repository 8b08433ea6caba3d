// The lines of a dub: which one is at hand, what is typed into them and when that is saved, what is found and what is left out.
import { announce } from "./toast.js";

const SETTLE = 1200;
// What a row says of itself only while it is so.
const KEPT = ["data-overtaken", "data-theirs", "data-sound", "data-natural"];

export class DubLines {
  constructor(desk) {
    this.desk = desk;
    this.list = desk.querySelector("#lines");
    this.waiting = new Map();
    this.read();
    desk.addEventListener("input", ({ target }) => {
      if (target.matches("[data-text]")) this.typed(target);
    });
    desk.addEventListener("change", ({ target }) => {
      if (target.matches("[data-text]")) this.save(target.closest("[data-line]"));
    });
    desk.addEventListener("focusin", ({ target }) => {
      const row = target.closest("[data-line]");
      if (row && row !== this.at) this.select(row, { focus: false });
    });
    const find = desk.querySelector("[data-find]");
    find?.addEventListener("input", ({ target }) => this.find(target.value));
    find?.closest("form").addEventListener("submit", (event) => {
      event.preventDefault();
      event.stopPropagation();
      this.next();
    });
    addEventListener("beforeunload", (event) => {
      if (this.dirty().length) event.preventDefault();
    });
    this.shown = desk.dataset.shown ?? "";
    this.words = find?.value.trim().toLowerCase() ?? "";
  }

  // Anew, after rows came or went.
  read() {
    this.rows = [...this.list.querySelectorAll("[data-line]")];
    this.at = this.rows.find((row) => row.dataset.line === this.desk.dataset.here) ?? null;
  }

  box(row = this.at) {
    return row?.querySelector("[data-text]") ?? null;
  }

  // ---- Where one is

  select(row, { focus = true, text = false, scroll = true } = {}) {
    if (!row) return;
    const before = this.at;
    this.at = row;
    this.desk.dataset.here = row.dataset.line;
    for (const one of this.rows) one.toggleAttribute("data-at", one === row);
    if (scroll && focus) row.scrollIntoView({ block: "nearest" });
    if (text) this.box(row)?.focus();
    else if (focus) row.querySelector("[data-select]").focus({ preventScroll: true });
    if (before !== row) this.desk.inspect(row.dataset.line);
  }

  step(by, { text = false } = {}) {
    const seen = this.seen();
    const here = seen.indexOf(this.at);
    this.select(seen[Math.min(Math.max(0, here + by), seen.length - 1)], { text });
  }

  problem(by) {
    const seen = this.seen();
    const here = seen.indexOf(this.at);
    const order = by > 0 ? [...seen.slice(here + 1), ...seen.slice(0, here + 1)] : [...seen.slice(0, Math.max(0, here)).reverse(), ...seen.slice(Math.max(0, here)).reverse()];
    const row = order.find((one) => one.dataset.kind);
    if (row) this.select(row);
    else announce("No line has a problem.");
  }

  seen() {
    return this.rows.filter((row) => !row.hidden);
  }

  // The line that is heard at this moment.
  under(seconds) {
    if (this.now && seconds >= Number(this.now.dataset.start) && seconds < Number(this.now.dataset.end)) return;
    this.now?.removeAttribute("data-now");
    this.now = this.rows.find((row) => seconds >= Number(row.dataset.start) && seconds < Number(row.dataset.end));
    this.now?.setAttribute("data-now", "");
    if (this.now && this.desk.player?.playing && !this.desk.player.until && !this.list.contains(document.activeElement)) this.now.scrollIntoView({ block: "nearest" });
  }

  // ---- What is left out

  show(kind) {
    this.shown = this.shown === kind ? "" : kind;
    this.sift();
  }

  find(words) {
    this.words = words.trim().toLowerCase();
    this.sift();
  }

  next() {
    const seen = this.seen();
    this.select(seen[(seen.indexOf(this.at) + 1) % seen.length], { focus: false });
    this.at?.scrollIntoView({ block: "nearest" });
  }

  sift() {
    const { words = "", shown } = this;
    for (const row of this.rows) {
      const kinds = row.dataset.kind.split(" ");
      const fits = !shown || (shown === "problems" ? Boolean(row.dataset.kind) : kinds.includes(shown));
      row.hidden = !fits || (words !== "" && !`${row.querySelector("[data-original]").textContent}\n${this.box(row).value}`.toLowerCase().includes(words));
    }
    for (const chip of this.desk.querySelectorAll("a[data-show]")) {
      const on = chip.dataset.show === shown;
      chip.classList.toggle("chip--on", on);
      if (on) chip.setAttribute("aria-current", "true");
      else chip.removeAttribute("aria-current");
    }
    const count = this.seen().length;
    this.desk.querySelector("[data-none]").hidden = count > 0;
    const told = this.desk.querySelector("[data-found]");
    told.textContent = words || shown ? `${count} of ${this.rows.length}` : "";
  }

  // ---- What is typed

  typed(box) {
    const row = box.closest("[data-line]");
    this.guess(row, box.value);
    this.mark(row, box.value === box.defaultValue ? "" : "Not saved yet");
    clearTimeout(this.waiting.get(row.dataset.line));
    this.waiting.set(row.dataset.line, setTimeout(() => this.save(row), SETTLE));
  }

  // About how fast it would be spoken, from how long the voice took for what it said: the engine tells for sure.
  guess(row, text) {
    const place = row.querySelector("[data-guess]");
    if (!place) return;
    const { natural, said, start, end } = row.dataset;
    const same = text === this.box(row).defaultValue;
    place.hidden = same || !Number(natural) || !Number(said);
    if (place.hidden) return;
    const rate = (Number(natural) * text.trim().length) / Number(said) / (Number(end) - Number(start));
    place.textContent = rate > 1.02 ? `about ${rate.toFixed(2)}× as written` : "fits as written, about";
  }

  mark(row, words) {
    const told = row.querySelector("[data-told]");
    if (told) told.textContent = words;
  }

  dirty() {
    return this.rows.filter((row) => {
      const box = this.box(row);
      return box && box.value !== box.defaultValue;
    });
  }

  async save(row) {
    clearTimeout(this.waiting.get(row.dataset.line));
    const box = this.box(row);
    if (!box || box.value === box.defaultValue || row.saving) return true;
    // Whose words stay is the person's to say, by one of the two buttons.
    if (row.hasAttribute("data-overtaken")) return false;
    row.saving = box.value;
    this.mark(row, "Saving");
    const form = box.form;
    const done = await this.desk.send(form, { act: "save" });
    row.saving = null;
    const now = this.list.querySelector(`[data-line="${CSS.escape(row.dataset.line)}"]`);
    if (now && done) this.mark(now, this.box(now).value === this.box(now).defaultValue ? "Saved" : "Not saved yet");
    else if (now) this.mark(now, "Not saved");
    // Typing went on meanwhile.
    if (done && now && this.box(now).value !== this.box(now).defaultValue) this.typed(this.box(now));
    return done;
  }

  async settle() {
    for (const row of this.dirty()) if (!(await this.save(row))) return false;
    return true;
  }

  // ---- What the studio says of a line

  // A row as it is now takes the place of the one on the page. What is being typed there stays, and is still based on what it was:
  // so that a save hears of what somebody else wrote meanwhile.
  renew(fresh) {
    const old = this.list.querySelector(`[data-line="${CSS.escape(fresh.dataset.line)}"]`);
    if (!old) return false;
    const [box, newer] = [this.box(old), this.box(fresh)];
    if (Boolean(box) !== Boolean(newer)) {
      // It may be written now, or no more.
      old.replaceWith(fresh);
      this.rows[this.rows.indexOf(old)] = fresh;
      if (this.at === old) this.at = fresh;
      return true;
    }
    const typed = box && newer && box.value !== box.defaultValue;
    const overtaken = fresh.hasAttribute("data-overtaken");
    const own = this.desk.answering === fresh.dataset.line;
    if (typed && !own && !overtaken && old.hasAttribute("data-overtaken")) return true;
    for (const name of KEPT) if (!fresh.hasAttribute(name)) old.removeAttribute(name);
    for (const { name, value } of [...fresh.attributes]) if (name !== "data-at" && name !== "data-now" && name !== "hidden") old.setAttribute(name, value);
    for (const part of [...fresh.querySelectorAll("[data-bit]")]) old.querySelector(`[data-bit="${part.dataset.bit}"]`)?.replaceWith(part);
    if (!box || !newer || (typed && !own)) return true;
    const { selectionStart, selectionEnd } = box;
    const before = box.value;
    box.form.elements.based_on.value = newer.form.elements.based_on.value;
    box.defaultValue = overtaken ? fresh.dataset.theirs : newer.defaultValue;
    box.value = typed && (overtaken || before !== old.saving) ? before : newer.value;
    if (document.activeElement === box) box.setSelectionRange(Math.min(selectionStart, box.value.length), Math.min(selectionEnd, box.value.length));
    return true;
  }
}
