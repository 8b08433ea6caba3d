// The cues being edited, with their findings and the way back and forth. A cue is never changed, only replaced (its `key` stays),
// so what was measured of it holds as long as it is the same object, and a step of the way back holds only what it replaced.
import { findings } from "./cue-rules.js";
import { parse, write } from "./vtt.js";

let keys = 0;
let steps = 0;
const DEEPEST = 1000;
export const millisecond = (seconds) => Math.round(seconds * 1000) / 1000;

export class CueList {
  constructor(content, { profile = {}, fps = 25 } = {}) {
    const { header, cues, others } = parse(content);
    Object.assign(this, { header, others, profile, fps });
    this.cues = cues.map((cue) => this.make(cue));
    this.past = [];
    this.future = [];
    this.typing = "";
    this.found = new Map();
    // What the server found, for as long as the cue stays as it was sent.
    this.checked = new WeakMap();
    this.errors = this.warnings = 0;
    this.check(0, this.cues.length);
    this.settle();
  }

  make(cue) {
    return { id: "", settings: "", text: "", ...cue, key: ++keys };
  }

  get now() { return this.past.at(-1)?.number ?? 0; }
  get dirty() { return this.now !== this.settled; }
  content() { return write(this); }
  length() { return this.cues.length; }

  // ---- changing

  // One step back for a stretch of the same kind (typing in one cue, dragging one edge), one for everything else.
  // -> {from, to, moved}: rows from..to are new, and with `moved` all behind them changed their number.
  step(kind, at, make) {
    const parts = [];
    this.parts = parts;
    const others = this.others;
    make(this);
    this.parts = null;
    if (!parts.length) return null;
    const last = this.past.at(-1);
    if (kind && kind === this.typing && last && last.number !== this.settled) {
      last.parts.push(...parts);
      last.number = ++steps;
      // Typing replaces the same cue again and again: only its first and its last stand between here and there.
      if (last.parts.length > 1 && last.parts.every((part) => part.from === last.parts[0].from && part.removed.length === 1 && part.added.length === 1)) {
        last.parts = [{ ...last.parts[0], added: last.parts.at(-1).added }];
      }
    } else {
      this.past.push({ number: ++steps, at, parts, others, after: null });
      if (this.past.length > DEEPEST) this.past.shift();
    }
    this.past.at(-1).after = this.others;
    this.typing = kind;
    this.future = [];
    return this.span(parts);
  }

  replace(from, count, cues) {
    const removed = this.cues.slice(from, from + count);
    this.splice(from, count, cues);
    this.parts?.push({ from, removed, added: cues });
  }

  put(index, fields) {
    this.replace(index, 1, [{ ...this.cues[index], ...fields }]);
  }

  splice(from, count, cues) {
    for (const gone of this.cues.slice(from, from + count)) this.forget(gone);
    this.cues.splice(from, count, ...cues);
    // The cue before is measured against the one that follows it.
    if (from > 0) this.checked.delete(this.cues[from - 1]);
    if (this.cues[from + cues.length]) this.checked.delete(this.cues[from + cues.length]);
    this.check(from - 1, from + cues.length + 1);
  }

  span(parts) {
    const moved = parts.some(({ removed, added }) => removed.length !== added.length);
    return {
      from: Math.min(...parts.map(({ from }) => from)),
      to: Math.max(...parts.map(({ from, added }) => from + added.length)),
      moved,
    };
  }

  // A pause ends a stretch of typing.
  rest() {
    this.typing = "";
  }

  undo() {
    const step = this.past.pop();
    if (!step) return null;
    for (const { from, removed, added } of [...step.parts].reverse()) this.splice(from, added.length, removed);
    this.others = step.others;
    this.future.push(step);
    this.typing = "";
    return { at: step.at, ...this.span(step.parts.map(({ from, removed, added }) => ({ from, removed: added, added: removed }))) };
  }

  redo() {
    const step = this.future.pop();
    if (!step) return null;
    for (const { from, removed, added } of step.parts) this.splice(from, removed.length, added);
    this.others = step.after;
    this.past.push(step);
    this.typing = "";
    return { at: step.at, ...this.span(step.parts) };
  }

  // What was sent is now the saved text; undo goes on behind it.
  settle(number = this.now, cues = [...this.cues]) {
    this.settled = number;
    this.saved = cues;
    this.savedOthers = this.others;
    this.typing = "";
  }

  // ---- findings

  check(from, to) {
    for (let index = Math.max(0, from); index < Math.min(to, this.cues.length); index++) {
      const cue = this.cues[index];
      this.forget(cue);
      const found = this.checked.get(cue) ?? findings(cue, this.cues[index + 1], this.profile, this.fps);
      if (!found.length) continue;
      this.found.set(cue.key, found);
      for (const { level } of found) level === "error" ? this.errors++ : this.warnings++;
    }
  }

  forget({ key }) {
    for (const { level } of this.found.get(key) ?? []) level === "error" ? this.errors-- : this.warnings--;
    this.found.delete(key);
  }

  findings(cue) {
    return this.found.get(cue.key) ?? [];
  }

  // ---- finding one's way

  index(key) {
    return this.cues.findIndex((cue) => cue.key === key);
  }

  // The last cue that starts at or before `time`; -1 before the first. Cues stand in the order of their starts.
  before(time) {
    let low = 0;
    let high = this.cues.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.cues[middle].start <= time) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }

  // Those on the screen at `time`: overlapping ones lie close together.
  during(time) {
    const last = this.before(time);
    const shown = [];
    for (let index = Math.max(0, last - 8); index <= last; index++) if (time < this.cues[index].end) shown.push(index);
    return shown;
  }

  // ---- cutting and joining

  // At the cursor; the time is shared out by the characters on each side.
  split(index, cursor) {
    const cue = this.cues[index];
    const place = cursor > 0 && cursor < cue.text.length ? cursor : Math.ceil(cue.text.length / 2);
    const share = cue.text.length ? place / cue.text.length : 0.5;
    const middle = millisecond(cue.start + (cue.end - cue.start) * share);
    const second = this.make({ ...cue, id: "", start: middle, text: cue.text.slice(place).trim() });
    this.replace(index, 1, [{ ...cue, end: middle, text: cue.text.slice(0, place).trim() }, second]);
    this.shift(index, 1);
  }

  merge(index, count = 2) {
    const all = this.cues.slice(index, index + count);
    const text = all.map((cue) => cue.text).filter(Boolean).join("\n");
    this.replace(index, all.length, [{ ...all[0], end: Math.max(...all.map(({ end }) => end)), text }]);
    this.shift(index, 1 - all.length);
  }

  // After the cue, at the playhead where that is free, and never into the next one.
  insert(index, now) {
    const before = this.cues[index];
    const after = this.cues[index + 1];
    const free = (time) => (!before || time >= before.end) && (!after || time < after.start);
    const start = millisecond(free(now) ? now : before ? before.end + 0.08 : 0);
    const end = millisecond(Math.min(start + 2, after ? Math.max(after.start - 0.08, start + 0.1) : Infinity));
    return this.add({ start, end }, before ? index + 1 : 0);
  }

  add(cue, place = this.before(cue.start) + 1) {
    this.replace(place, 0, [this.make(cue)]);
    this.shift(place - 1, 1);
    return place;
  }

  remove(index, count = 1) {
    this.replace(index, count, []);
    this.shift(index, -count);
  }

  // Notes and styles keep their neighbours.
  shift(index, by) {
    this.others = this.others.map((other) => (other.before > index ? { ...other, before: Math.max(index + 1, other.before + by) } : other));
  }
}
