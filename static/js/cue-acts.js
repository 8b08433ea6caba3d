// What the desk's keys and buttons do. Each change is one step of the way back.
import { balance, extend, italic, moveBody, moveEdge, shifted, snap } from "./cue-timing.js";
import { seconds } from "./timecode.js";
import { announce, toast } from "./toast.js";

export class CueActs {
  constructor(desk) {
    this.desk = desk;
    this.going = desk.querySelector("[data-goto]");
    this.shifting = desk.querySelector("[data-shift]");
    this.going.querySelector("form").addEventListener("submit", (event) => this.go(event));
    this.shifting.querySelector("form").addEventListener("submit", (event) => this.shift(event));
  }

  // false: not ours after all, so that the key keeps its own meaning.
  do(name) {
    const { desk } = this;
    const { list, player } = desk;
    const many = (event) => (event.length === 1 ? "Cue" : `${event.length} cues`);
    const acts = {
      play: () => player?.toggle(),
      once: () => this.playOnce(false),
      loop: () => this.playOnce(true),
      back: () => desk.seek(desk.now - 1),
      on: () => desk.seek(desk.now + 1),
      "back-half": () => desk.seek(desk.now - 0.5),
      "on-half": () => desk.seek(desk.now + 0.5),
      "frame-back": () => player?.step(-1),
      "frame-on": () => player?.step(1),
      "cue-up": () => this.step(-1),
      "cue-down": () => this.step(1),
      "more-up": () => desk.more(-1),
      "more-down": () => desk.more(1),
      previous: () => desk.findings.next(-1),
      next: () => desk.findings.next(1),
      goto: () => this.ask(this.going),
      find: () => desk.finding.open(),
      "find-next": () => desk.finding.go(1),
      "find-previous": () => desk.finding.go(-1),
      replace: () => desk.finding.open({ replacing: true }),
      text: () => (desk.wave.takeRange() ? undefined : this.toText()),
      grid: () => desk.wave.dropRange() || desk.focusGrid(),
      in: () => this.setAtPlayhead("start"),
      out: () => this.setAtPlayhead("end"),
      "in-earlier": () => this.nudge("start", -1),
      "in-later": () => this.nudge("start", 1),
      "out-earlier": () => this.nudge("end", -1),
      "out-later": () => this.nudge("end", 1),
      "move-earlier": () => this.nudge("body", -1),
      "move-later": () => this.nudge("body", 1),
      extend: () => this.retime("Extended", (index) => extend(list, index)),
      snap: () => this.retime("Snapped to shot changes", (index) => snap(list, index, desk.wave.shots)),
      shift: () => this.askShift(),
      insert: () => this.make(() => (desk.at = list.insert(desk.at, desk.now))),
      split: () => this.make(() => list.split(desk.at, desk.text.selectionStart ?? 0)),
      merge: () => this.merge(),
      delete: () => {
        const gone = desk.targets;
        if (!gone.length) return;
        desk.change("", () => gone.reverse().forEach((index) => list.remove(index)));
        desk.select(Math.min(gone.at(-1), list.cues.length - 1), { seek: false });
        announce(`${many(gone)} deleted. Undo with Control Z.`);
      },
      balance: () => this.retext("Lines balanced", ({ text }) => balance(text, desk.profile.line_length ?? 42, desk.profile.lines ?? 2)),
      italic: () => this.slant(),
      term: () => desk.terms.insertNext(),
      source: () => desk.beside.toggle(),
      undo: () => desk.back("undo"),
      redo: () => desk.back("redo"),
      save: () => desk.saving.save(),
      "save-as": () => desk.saving.askComment(),
      reviewed: () => desk.review.reviewed(),
      comment: () => desk.review.write(),
      fixes: () => desk.checks.preview(),
      keys: () => desk.keys.open(),
      "draft-restore": () => desk.drafts.restore(),
      "draft-discard": () => desk.drafts.discard(),
    };
    if (!acts[name]) return desk.review.do(name);
    return acts[name]();
  }

  step(by) {
    const { desk } = this;
    const position = desk.grid.position(desk.at);
    if (position < 0) return desk.select(desk.at + by);
    desk.select(desk.grid.index(Math.min(Math.max(0, position + by), desk.grid.count - 1)));
  }

  toText() {
    this.desk.text.focus();
  }

  make(change) {
    const { desk } = this;
    desk.change("", change);
    desk.select(desk.at, { seek: false });
    desk.text.focus();
  }

  merge() {
    const { desk } = this;
    const { list, targets } = desk;
    const [first] = targets;
    const count = targets.length > 1 ? targets.at(-1) - first + 1 : 2;
    if (!list.cues[first + 1]) return;
    if (targets.length > 1 && count !== targets.length) return toast("Only cues that stand beside each other can be merged.", "error");
    desk.at = first;
    desk.change("", () => list.merge(first, count));
    desk.select(first, { seek: false });
    announce(`${count} cues merged.`);
  }

  playOnce(looping) {
    const { desk } = this;
    if (!desk.cue || !desk.player) return;
    if (looping && desk.looping && desk.player.playing) {
      desk.looping = false;
      desk.stopAt = null;
      return desk.player.pause();
    }
    desk.looping = looping;
    desk.player.currentTime = desk.cue.start;
    desk.stopAt = desk.cue.end;
    desk.player.play();
    if (looping) announce("Playing this cue again and again. L stops it.");
  }

  // ---- times

  setAtPlayhead(side) {
    const { desk } = this;
    const time = Math.round(desk.now * 1000) / 1000;
    if (!desk.cue || (side === "start" ? time >= desk.cue.end : time <= desk.cue.start)) return toast(side === "start" ? "The playhead is behind the end of this cue." : "The playhead is before the start of this cue.", "error");
    desk.change("", (list) => list.put(desk.at, { [side]: time }));
  }

  nudge(side, frames) {
    const { desk } = this;
    const { cue, list } = desk;
    if (!cue) return;
    const by = frames / desk.fps;
    const fields = side === "body" ? moveBody(list, desk.at, cue.start + by) : moveEdge(list, desk.at, side, cue[side] + by);
    if (Object.entries(fields).every(([name, value]) => cue[name] === value)) return announce("It stands at the smallest gap.");
    desk.change(`nudge ${side} ${cue.key}`, () => list.put(desk.at, fields));
    announce(side === "end" ? `Ends at ${desk.cue.end.toFixed(3)}` : `Starts at ${desk.cue.start.toFixed(3)}`);
  }

  // From the last cue to the first: what one leaves free, the one before it may take.
  retime(done, fields) {
    const { desk } = this;
    let count = 0;
    desk.change("", (list) => {
      for (const index of desk.targets) {
        const wanted = fields(index);
        if (!wanted) continue;
        list.put(index, wanted);
        count++;
      }
    });
    announce(count ? `${done}: ${count} ${count === 1 ? "cue" : "cues"}.` : "Nothing to change.");
  }

  askShift() {
    const several = this.desk.selected.size > 1;
    const choice = this.shifting.querySelector(`[value=${several ? "selected" : "here"}]`);
    if (choice) choice.checked = true;
    this.ask(this.shifting);
  }

  shift(event) {
    event.preventDefault();
    const { desk } = this;
    const data = new FormData(event.target);
    const by = Number(String(data.get("by")).replace(",", ".").replace("−", "-")) / (data.get("unit") === "frames" ? desk.fps : 1000);
    if (!by) return this.shifting.close();
    const scope = data.get("scope");
    const wanted = scope === "all" ? desk.list.cues.map((_, index) => index) : scope === "here" ? desk.list.cues.slice(desk.at).map((_, index) => desk.at + index) : desk.targets;
    desk.change("", (list) => wanted.forEach((index) => list.put(index, shifted(list.cues[index], by))));
    this.shifting.close();
    announce(`${wanted.length} ${wanted.length === 1 ? "cue" : "cues"} shifted by ${by.toFixed(3)} s.`);
  }

  // ---- text

  retext(done, make) {
    const { desk } = this;
    let count = 0;
    desk.change("", (list) => {
      for (const index of desk.targets) {
        const text = make(list.cues[index]);
        if (text === list.cues[index].text) continue;
        list.put(index, { text });
        count++;
      }
    });
    announce(count ? `${done}: ${count} ${count === 1 ? "cue" : "cues"}.` : "Nothing to change.");
  }

  slant() {
    const { desk } = this;
    if (desk.targets.length > 1) return this.retext("Italic", ({ text }) => italic(text, 0, 0).text);
    const { selectionStart, selectionEnd } = desk.text;
    const made = italic(desk.text.value, selectionStart, selectionEnd);
    desk.change("", (list) => list.put(desk.at, { text: made.text }));
    desk.text.setSelectionRange(made.from, made.to);
  }

  // ---- going there

  ask(dialog) {
    dialog.showModal();
    dialog.querySelector("input").select();
  }

  // "12" is a cue; "0:12", "12.0" or "00:00:12.000" a time.
  go(event) {
    event.preventDefault();
    const { desk } = this;
    const field = event.target.querySelector("input");
    const value = field.value.trim();
    const whole = /^\d+$/.test(value);
    const time = seconds(value);
    const wrong = (whole && (value < 1 || value > desk.list.cues.length)) || Number.isNaN(time);
    field.setAttribute("aria-invalid", String(wrong));
    event.target.querySelector("[data-goto-error]").hidden = !wrong;
    if (wrong) return;
    this.going.close();
    if (whole) return desk.select(Number(value) - 1);
    desk.select(Math.max(0, desk.list.before(time)), { seek: false });
    desk.seek(time);
  }
}
