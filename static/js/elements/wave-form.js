// <wave-form data-peaks="address of the waveform's JSON"> draws a window of the sound around the playhead, with the cues over it.
// Click to seek, wheel to move, Alt or Ctrl and wheel (or the buttons) to zoom. With `data-edits` edges and bodies of cues can be
// dragged, and a stretch without cues chosen; what that means is decided by who listens.
import { timecode } from "../timecode.js";
import { drawWave } from "../wave-drawing.js";

const WIDEST = 120;
const NARROWEST = 2;
const GRIP = 7;
const DRAG = 4;

// The file holds the lowest and highest sample of each slice, -128..127; one height is enough for a mirrored drawing.
const read = ({ low, high, per_second: rate }) => ({ rate, peaks: high.map((top, index) => Math.max(top, -low[index]) / 128) });

class WaveForm extends HTMLElement {
  connectedCallback() {
    if (this.canvas) return;
    this.canvas = this.querySelector("canvas");
    this.cues = [];
    this.shots = [];
    this.range = null;
    this.wrong = () => "";
    this.time = 0;
    this.span = 20;
    this.from = 0;
    this.load();
    if (this.hasAttribute("data-follows-player")) this.follow(this.parentElement.querySelector("media-player"));
    new ResizeObserver(() => this.paint()).observe(this.canvas);
    this.canvas.addEventListener("pointerdown", (event) => this.press(event));
    this.canvas.addEventListener("pointermove", (event) => this.drag(event));
    for (const kind of ["pointerup", "pointercancel"]) this.canvas.addEventListener(kind, (event) => this.release(event));
    this.canvas.addEventListener(
      "wheel",
      (event) => {
        event.preventDefault();
        if (event.ctrlKey || event.altKey) this.zoom(event.deltaY > 0 ? 1.25 : 0.8, this.at(event));
        else this.move((event.deltaY + event.deltaX) / 300);
      },
      { passive: false },
    );
    this.addEventListener("click", (event) => {
      const zoom = event.target.closest("[data-zoom]")?.dataset.zoom;
      if (zoom) this.zoom(Number(zoom));
    });
  }

  get edits() { return this.hasAttribute("data-edits"); }
  get secondsPerPixel() { return this.span / (this.canvas.clientWidth || 1); }
  at({ offsetX }) { return this.from + offsetX * this.secondsPerPixel; }
  tell(name, detail) { this.dispatchEvent(new CustomEvent(`wave-${name}`, { detail })); }

  // <wave-form data-follows-player> beside a player: its time is shown, a click seeks.
  follow(player) {
    player?.addEventListener("player-time", ({ detail }) => this.look(detail.time));
    this.addEventListener("wave-seek", ({ detail }) => {
      if (player) player.currentTime = detail.time;
    });
  }

  async load() {
    if (!this.dataset.peaks) return;
    try {
      const answer = await fetch(this.dataset.peaks);
      if (!answer.ok) return;
      this.wave = read(await answer.json());
    } catch {
      return; // The cues are drawn without it.
    }
    this.paint();
  }

  show(cues, selected) {
    this.cues = cues;
    this.selected = selected;
    this.paint();
  }

  // Cues stand in the order of their starts; one that lasts longer than a minute is not worth missing the others for.
  within(from, to) {
    let low = 0;
    let high = this.cues.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.cues[middle].start < from - 60) low = middle + 1;
      else high = middle;
    }
    const found = [];
    for (let index = low; index < this.cues.length && this.cues[index].start <= to; index++) if (this.cues[index].end >= from) found.push(index);
    return found;
  }

  look(time) {
    this.time = time;
    if (!this.held && (time < this.from || time > this.from + this.span * 0.9)) this.from = Math.max(0, time - this.span * 0.1);
    this.paint();
  }

  move(seconds) {
    this.from = Math.max(0, this.from + seconds * (this.span / 10));
    this.paint();
  }

  zoom(factor, around) {
    const middle = around ?? (this.time >= this.from && this.time <= this.from + this.span ? this.time : this.from + this.span / 2);
    const place = (middle - this.from) / this.span;
    this.span = Math.min(WIDEST, Math.max(NARROWEST, this.span * factor));
    this.from = Math.max(0, middle - place * this.span);
    this.paint();
  }

  choose(range) {
    this.range = range;
    this.paint();
    this.tell("range", { range });
  }

  // ---- dragging

  // What is under the pointer: an edge (the selected cue's before its neighbour's), a body, or nothing.
  under(event) {
    const time = this.at(event);
    const reach = GRIP * this.secondsPerPixel;
    const near = this.within(time - reach, time + reach);
    const [first, ...rest] = near.sort((one, other) => (this.cues[other].key === this.selected) - (this.cues[one].key === this.selected));
    for (const index of first === undefined ? [] : [first, ...rest]) {
      const { start, end } = this.cues[index];
      const [toStart, toEnd] = [Math.abs(time - start), Math.abs(time - end)];
      if (Math.min(toStart, toEnd) <= reach && end - start > reach) return { index, side: toStart < toEnd ? "start" : "end" };
    }
    const index = near.find((n) => this.cues[n].start <= time && time <= this.cues[n].end);
    return index === undefined ? null : { index, side: "body" };
  }

  press(event) {
    if (event.button) return;
    const under = this.edits ? this.under(event) : null;
    this.held = { x: event.offsetX, time: this.at(event), under, cue: under && this.cues[under.index], moved: false, id: ++presses };
    this.canvas.setPointerCapture(event.pointerId);
  }

  drag(event) {
    const { held } = this;
    if (!held) {
      if (!this.edits) return;
      const side = this.under(event)?.side;
      this.canvas.className = `wave${side === "body" ? " wave--body" : side ? " wave--edge" : ""}`;
      return;
    }
    if (!held.moved && Math.abs(event.offsetX - held.x) < DRAG) return;
    if (!this.edits) return;
    held.moved = true;
    const time = Math.max(0, this.at(event));
    const { under, cue } = held;
    if (under) {
      const to = under.side === "body" ? cue.start + time - held.time : cue[under.side] + time - held.time;
      this.tell("drag", { key: cue.key, side: under.side, to, snap: !event.shiftKey, id: held.id });
    } else {
      this.choose({ start: Math.min(held.time, time), end: Math.max(held.time, time) });
    }
  }

  release(event) {
    const { held } = this;
    this.held = null;
    if (!held || event.type === "pointercancel") return;
    if (held.moved) {
      if (held.under) this.tell("dropped", { key: held.cue.key });
      return;
    }
    if (this.range) this.choose(null);
    this.tell("seek", { time: held.time, key: held.cue?.key });
  }

  // ---- drawing

  paint() {
    if (this.painting) return;
    this.painting = requestAnimationFrame(() => {
      this.painting = null;
      drawWave(this);
      const { from, span, time } = this;
      this.canvas.setAttribute("aria-label", `Waveform from ${timecode(from)} to ${timecode(from + span)}, playhead at ${timecode(time)}`);
    });
  }
}

let presses = 0;

customElements.define("wave-form", WaveForm);
