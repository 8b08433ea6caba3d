// Find and replace over all cues: plain words by default, whole words, case and regular expressions on request.
import { announce } from "./toast.js";

const escaped = (text) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");

// -> RegExp, or null when there is nothing to look for. Throws when it is no regular expression.
export function pattern({ words, sameCase, whole, regular }) {
  if (!words) return null;
  let source = regular ? words : escaped(words);
  if (whole) source = `(?<![\\p{L}\\p{N}_])(?:${source})(?![\\p{L}\\p{N}_])`;
  return new RegExp(source, sameCase ? "gu" : "giu");
}

export function matches(cues, wanted) {
  const found = [];
  cues.forEach(({ key, text }, index) => {
    for (const match of text.matchAll(wanted)) if (match[0]) found.push({ key, index, from: match.index, to: match.index + match[0].length });
  });
  return found;
}

export class CueFind {
  constructor(desk, bar) {
    Object.assign(this, { desk, bar });
    this.words = bar.querySelector("[data-find-words]");
    this.by = bar.querySelector("[data-find-by]");
    this.note = bar.querySelector("[data-find-note]");
    bar.addEventListener("input", () => this.count());
    bar.addEventListener("click", ({ target }) => {
      const act = target.closest("[data-find]")?.dataset.find;
      if (act) this[act]();
    });
    bar.addEventListener("keydown", (event) => {
      if (event.key === "Escape") this.close();
      else if (event.key === "Enter" && event.target === this.words) this.go(event.shiftKey ? -1 : 1);
      else if (event.key === "Enter" && event.target === this.by) this.one();
      else return;
      event.preventDefault();
      event.stopPropagation();
    });
  }

  open({ replacing = false } = {}) {
    this.bar.hidden = false;
    this.bar.querySelector("[data-replacing]").hidden = this.desk.readOnly;
    const marked = String(getSelection() ?? "").trim() || this.desk.text.value.slice(this.desk.text.selectionStart, this.desk.text.selectionEnd);
    if (marked && !marked.includes("\n")) this.words.value = marked;
    const field = replacing && this.words.value && this.by ? this.by : this.words;
    field.focus();
    field.select();
    this.count();
  }

  close() {
    this.bar.hidden = true;
    this.desk.focusGrid();
  }

  read() {
    const on = (name) => this.bar.querySelector(`[data-find-${name}]`).checked;
    try {
      const wanted = pattern({ words: this.words.value, sameCase: on("case"), whole: on("whole"), regular: on("regular") });
      this.words.setAttribute("aria-invalid", "false");
      return wanted;
    } catch {
      this.words.setAttribute("aria-invalid", "true");
      this.note.textContent = "This is no regular expression.";
      return undefined;
    }
  }

  all() {
    const wanted = this.read();
    return wanted ? matches(this.desk.list.cues, wanted) : [];
  }

  count() {
    clearTimeout(this.counting);
    this.counting = setTimeout(() => {
      const wanted = this.read();
      if (wanted === undefined) return;
      const count = wanted ? matches(this.desk.list.cues, wanted).length : 0;
      this.note.textContent = wanted ? (count ? `${count} found` : "None found") : "";
    }, 120);
  }

  next() { this.go(1); }
  previous() { this.go(-1); }

  // From where the cursor is, around the end to the beginning.
  go(step) {
    if (!this.words.value) return this.open();
    const found = this.all();
    if (!found.length) return this.tell("None found");
    const { desk } = this;
    const at = this.last && this.last.key === desk.cue?.key ? (step > 0 ? this.last.to : this.last.from) : step > 0 ? 0 : Infinity;
    const here = (match) => match.index - desk.at || match.from - at;
    const next = step > 0 ? (found.find((match) => here(match) >= 0) ?? found[0]) : (found.findLast((match) => match.index < desk.at || (match.index === desk.at && match.to <= at)) ?? found.at(-1));
    this.last = next;
    desk.select(next.index);
    desk.text.setSelectionRange(next.from, next.to);
    this.tell(`${found.indexOf(next) + 1} of ${found.length}, cue ${next.index + 1}`);
  }

  one() {
    const { desk, last } = this;
    const wanted = this.read();
    if (!wanted || desk.readOnly) return;
    const cue = desk.cue;
    // The one that was shown last, when it is still there.
    const match = last && last.key === cue?.key && matches([cue], wanted).find(({ from }) => from === last.from);
    if (!match) return this.go(1);
    const part = cue.text.slice(match.from, match.to);
    const put = this.put(part, wanted);
    desk.change("", (list) => list.put(desk.at, { text: cue.text.slice(0, match.from) + put + cue.text.slice(match.to) }));
    this.last = { key: cue.key, from: match.from, to: match.from + put.length };
    this.go(1);
  }

  every() {
    const { desk } = this;
    const wanted = this.read();
    if (!wanted || desk.readOnly) return;
    const count = this.all().length;
    if (!count) return this.tell("None found");
    desk.change("", (list) => {
      list.cues.forEach((cue, index) => {
        const text = cue.text.replace(wanted, (part) => (part ? this.put(part, wanted) : part));
        if (text !== cue.text) list.put(index, { text });
      });
    });
    this.last = null;
    this.tell(`${count} replaced. One undo takes them back.`);
  }

  // In a regular expression $1 is its first group; elsewhere a dollar is a dollar.
  put(part, wanted) {
    const regular = this.bar.querySelector("[data-find-regular]").checked;
    return regular ? part.replace(new RegExp(wanted.source, wanted.flags.replace("g", "")), this.by.value) : this.by.value;
  }

  tell(text) {
    clearTimeout(this.counting);
    this.note.textContent = text;
    announce(text);
  }
}
