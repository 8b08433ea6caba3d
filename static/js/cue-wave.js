// The waveform of the desk: shot changes, dragging with snapping, and a chosen stretch that becomes a cue.
import { moveBody, moveEdge, snapEnd, snapStart } from "./cue-timing.js";
import { millisecond } from "./cue-list.js";
import { announce } from "./toast.js";

// In pixels: what is near on the screen snaps, whatever the zoom.
const REACH = 8;

export class CueWave {
  constructor(desk) {
    this.desk = desk;
    this.wave = desk.querySelector("wave-form");
    this.shots = [];
    if (!this.wave) return;
    this.wave.toggleAttribute("data-edits", !desk.readOnly);
    customElements.whenDefined("wave-form").then(() => {
      this.wave.wrong = (cue) => {
        const found = desk.list.findings(cue);
        return found.some(({ level }) => level === "error") ? "error" : found.length ? "warn" : "";
      };
      this.show();
      this.load();
    });
    this.wave.addEventListener("wave-seek", ({ detail }) => this.seek(detail));
    this.wave.addEventListener("wave-drag", ({ detail }) => this.drag(detail));
    this.wave.addEventListener("wave-dropped", () => {
      desk.list.rest();
      announce(`From ${desk.cue.start.toFixed(3)} to ${desk.cue.end.toFixed(3)}`);
    });
    this.wave.addEventListener("wave-range", ({ detail }) => this.hint(detail.range));
  }

  async load() {
    const { shots } = this.wave.dataset;
    if (!shots) return;
    try {
      const answer = await fetch(shots);
      if (answer.ok) this.shots = (await answer.json()).shots;
    } catch {
      return; // Nothing snaps without them.
    }
    this.wave.shots = this.shots;
    this.wave.paint();
  }

  show() {
    if (this.wave?.canvas) this.wave.show(this.desk.list.cues, this.desk.cue?.key);
  }

  look(time) {
    if (this.wave?.canvas) this.wave.look(time);
  }

  seek({ time, key }) {
    const { desk } = this;
    if (key && key !== desk.cue?.key) desk.select(desk.list.index(key), { seek: false });
    desk.seek(time);
  }

  get reach() {
    return REACH * this.wave.secondsPerPixel;
  }

  drag({ key, side, to, snap, id }) {
    const { desk, shots } = this;
    const { list } = desk;
    const index = list.index(key);
    if (index < 0) return;
    if (index !== desk.at) desk.select(index, { seek: false });
    const how = { shots, reach: snap ? this.reach : 0 };
    const fields = side === "body" ? moveBody(list, index, to, how) : moveEdge(list, index, side, to, how);
    if (Object.entries(fields).every(([name, value]) => list.cues[index][name] === value)) return;
    desk.change(`drag ${id}`, () => list.put(index, fields));
  }

  hint(range) {
    const note = this.desk.querySelector("[data-range-note]");
    note.hidden = !range;
    if (range) note.querySelector("[data-range-length]").textContent = `${(range.end - range.start).toFixed(2)} s`;
  }

  // Enter makes the chosen stretch a cue.
  takeRange() {
    const { desk, wave } = this;
    const range = wave?.range;
    if (!range) return false;
    wave.choose(null);
    if (desk.readOnly) return true;
    const start = millisecond(snapStart(this.shots, range.start, this.reach));
    const end = millisecond(snapEnd(this.shots, range.end, this.reach, desk.fps));
    let place = 0;
    desk.change("", (list) => (place = list.add({ start, end: Math.max(end, start + 2 / desk.fps) })));
    desk.select(place, { seek: false });
    desk.text.focus();
    return true;
  }

  dropRange() {
    if (!this.wave?.range) return false;
    this.wave.choose(null);
    return true;
  }
}
