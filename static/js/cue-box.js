// The box in which one cue is written: its text with counts, its times, what was found of it.
import { lines } from "./cue-rules.js";
import { seconds, timecode } from "./timecode.js";

export class CueBox {
  constructor(desk) {
    this.desk = desk;
    this.box = desk.querySelector("[data-box]");
    this.text = desk.text;
    this.text.addEventListener("input", () => desk.change(`text ${desk.cue.key}`, (list) => list.put(desk.at, { text: this.text.value })));
    for (const side of ["start", "end"]) {
      this.part(side).addEventListener("change", ({ target }) => this.retime(side, target));
      this.part(side).addEventListener("keydown", (event) => {
        const step = { ArrowUp: 1, ArrowDown: -1 }[event.key];
        if (!step || event.ctrlKey || event.altKey || event.shiftKey || desk.readOnly) return;
        event.preventDefault();
        desk.acts.nudge(side, step);
      });
    }
  }

  part(name) {
    return this.box.querySelector(`[data-${name}]`);
  }

  draw() {
    const { desk, text } = this;
    const { cue } = desk;
    this.box.hidden = !cue;
    if (!cue) return;
    this.part("title").textContent = `Cue ${desk.at + 1}`;
    if (text.value !== cue.text) text.value = cue.text;
    for (const side of ["start", "end"]) if (document.activeElement !== this.part(side) || this.part(side).ariaInvalid !== "true") this.part(side).value = timecode(cue[side]);
    this.drawCounts();
    desk.terms?.drawBox();
    desk.review?.drawBox();
  }

  drawCounts() {
    const { cue, profile, list } = this.desk;
    const most = profile.line_length;
    this.part("counts").textContent = lines(cue).map((count, index) => `line ${index + 1}: ${most ? `${count} of ${most}` : count}`).join(", ");
    const template = this.part("cue-finding");
    const found = list.findings(cue);
    const said = found.map(({ text }) => text).join();
    if (this.said === said && this.of === cue.key) return;
    this.said = said;
    this.of = cue.key;
    this.part("cue-findings").replaceChildren(
      ...found.map(({ level, text }) => {
        const item = template.content.firstElementChild.cloneNode(true);
        item.classList.add(`badge--${level}`);
        item.querySelector(`[data-flag=${level === "error" ? "warn" : "error"}]`).remove();
        item.querySelector("[data-what]").textContent = text;
        return item;
      }),
    );
  }

  retime(side, input) {
    const { desk } = this;
    const { cue } = desk;
    const value = seconds(input.value);
    const wrong = Number.isNaN(value) ? "Write the time as 00:01:02.500." : side === "end" && value <= cue.start ? "The cue has to end after it starts." : side === "start" && value >= cue.end ? "The cue has to start before it ends." : "";
    const error = this.part("time-error");
    input.setAttribute("aria-invalid", String(Boolean(wrong)));
    error.hidden = !wrong;
    error.querySelector("span").textContent = wrong;
    if (!wrong) desk.change("", (list) => list.put(desk.at, { [side]: value }));
  }
}
