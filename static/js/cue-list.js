// The cues being edited, with their findings and the way back.
import { findings } from "./cue-rules.js";
import { parse } from "./vtt.js";

let keys = 0;
const DEEPEST = 200;
const millisecond = (seconds) => Math.round(seconds * 1000) / 1000;

export class CueList {
  constructor(content) {
    const { header, cues, others } = parse(content);
    this.header = header;
    this.others = others;
    this.cues = cues.map((cue) => ({ ...cue, key: ++keys, findings: [] }));
    this.past = [];
    this.touched = false;
  }

  check(profile, fps) {
    this.cues.forEach((cue, index) => {
      cue.findings = findings(cue, this.cues[index + 1], profile, fps);
    });
  }

  // One step back for a stretch of typing in one cue, one for everything else.
  remember(kind, at) {
    const typing = kind === "text" ? `text ${this.cues[at]?.key}` : "";
    if (!typing || typing !== this.typing) {
      this.past.push({ at, cues: this.cues.map((cue) => ({ ...cue })), others: this.others });
      if (this.past.length > DEEPEST) this.past.shift();
    }
    this.typing = typing;
    this.touched = true;
  }

  // A pause ends a stretch of typing.
  rest() {
    this.typing = "";
  }

  undo() {
    const step = this.past.pop();
    if (!step) return null;
    this.cues = step.cues;
    this.others = step.others;
    this.typing = "";
    this.touched = true;
    return step;
  }

  // What was sent is now the saved text; undo goes on behind it.
  settle() {
    this.touched = false;
    this.typing = "";
  }

  put(index, fields) {
    Object.assign(this.cues[index], fields);
  }

  // At the cursor; the time is shared out by the characters on each side.
  split(index, cursor) {
    const cue = this.cues[index];
    const place = cursor > 0 && cursor < cue.text.length ? cursor : Math.ceil(cue.text.length / 2);
    const share = cue.text.length ? place / cue.text.length : 0.5;
    const middle = millisecond(cue.start + (cue.end - cue.start) * share);
    const second = { ...cue, key: ++keys, id: "", start: middle, text: cue.text.slice(place).trim() };
    this.put(index, { end: middle, text: cue.text.slice(0, place).trim() });
    this.cues.splice(index + 1, 0, second);
    this.shift(index, 1);
  }

  merge(index) {
    const [next] = this.cues.splice(index + 1, 1);
    const cue = this.cues[index];
    this.put(index, { end: Math.max(cue.end, next.end), text: [cue.text, next.text].filter(Boolean).join("\n") });
    this.shift(index, -1);
  }

  // After the cue, at the playhead where that is free, and never into the next one.
  insert(index, now) {
    const before = this.cues[index];
    const after = this.cues[index + 1];
    const free = (time) => (!before || time >= before.end) && (!after || time < after.start);
    const start = millisecond(free(now) ? now : before ? before.end + 0.08 : 0);
    const end = millisecond(Math.min(start + 2, after ? Math.max(after.start - 0.08, start + 0.1) : Infinity));
    const place = before ? index + 1 : 0;
    this.cues.splice(place, 0, { id: "", start, end, settings: "", text: "", key: ++keys, findings: [] });
    this.shift(index, 1);
    return place;
  }

  remove(index) {
    this.cues.splice(index, 1);
    this.shift(index, -1);
  }

  // Notes and styles keep their neighbours.
  shift(index, by) {
    this.others = this.others.map((other) => (other.before > index ? { ...other, before: other.before + by } : other));
  }
}
