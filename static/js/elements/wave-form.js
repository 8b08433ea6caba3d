// <wave-form data-peaks="address of the waveform's JSON"> draws a window of the sound around the playhead, with the cues over it.
// Click to seek, wheel to move, Ctrl and wheel (or the buttons) to zoom. Drawn on a canvas, whose colours come from the tokens.
import { timecode } from "../timecode.js";

const WIDEST = 120;
const NARROWEST = 2;

// The file holds the lowest and highest sample of each slice, -128..127; one height is enough for a mirrored drawing.
const read = ({ low, high, per_second: rate }) => ({ rate, peaks: high.map((top, index) => Math.max(top, -low[index]) / 128) });

class WaveForm extends HTMLElement {
  connectedCallback() {
    if (this.canvas) return;
    this.canvas = this.querySelector("canvas");
    this.cues = [];
    this.time = 0;
    this.span = 20;
    this.from = 0;
    this.load();
    if (this.hasAttribute("data-follows-player")) this.follow(this.parentElement.querySelector("media-player"));
    new ResizeObserver(() => this.paint()).observe(this.canvas);
    this.canvas.addEventListener("click", ({ offsetX }) => {
      const time = this.from + (offsetX / this.canvas.clientWidth) * this.span;
      this.dispatchEvent(new CustomEvent("wave-seek", { detail: { time } }));
    });
    this.canvas.addEventListener(
      "wheel",
      (event) => {
        event.preventDefault();
        if (event.ctrlKey || event.altKey) this.zoom(event.deltaY > 0 ? 1.25 : 0.8);
        else this.move((event.deltaY + event.deltaX) / 300);
      },
      { passive: false },
    );
    this.addEventListener("click", (event) => {
      const zoom = event.target.closest("[data-zoom]")?.dataset.zoom;
      if (zoom) this.zoom(Number(zoom));
    });
  }

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

  look(time) {
    this.time = time;
    if (time < this.from || time > this.from + this.span * 0.9) this.from = Math.max(0, time - this.span * 0.1);
    this.paint();
  }

  move(seconds) {
    this.from = Math.max(0, this.from + seconds * (this.span / 10));
    this.paint();
  }

  zoom(factor) {
    const middle = this.time >= this.from && this.time <= this.from + this.span ? this.time : this.from + this.span / 2;
    const place = (middle - this.from) / this.span;
    this.span = Math.min(WIDEST, Math.max(NARROWEST, this.span * factor));
    this.from = Math.max(0, middle - place * this.span);
    this.paint();
  }

  paint() {
    if (this.painting) return;
    this.painting = requestAnimationFrame(() => {
      this.painting = null;
      this.draw();
    });
  }

  draw() {
    const { canvas, from, span } = this;
    const [width, height] = [canvas.clientWidth, canvas.clientHeight];
    if (!width || !height) return;
    const ratio = devicePixelRatio || 1;
    if (canvas.width !== Math.round(width * ratio)) canvas.width = Math.round(width * ratio);
    if (canvas.height !== Math.round(height * ratio)) canvas.height = Math.round(height * ratio);
    const style = getComputedStyle(this);
    const colour = (name) => style.getPropertyValue(name).trim();
    const pen = canvas.getContext("2d");
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    pen.clearRect(0, 0, width, height);
    pen.font = `12px ${style.fontFamily}`;
    pen.textBaseline = "middle";
    const x = (time) => ((time - from) / span) * width;
    const top = 18;

    // Ruler
    const step = [0.5, 1, 2, 5, 10, 20].find((size) => (size / span) * width > 90) ?? 30;
    pen.fillStyle = colour("--stage-text-2");
    pen.strokeStyle = colour("--stage-line");
    for (let time = Math.ceil(from / step) * step; time < from + span; time += step) {
      pen.fillRect(x(time), top - 4, 1, 4);
      pen.fillText(timecode(time).slice(0, step < 1 ? 10 : 8), x(time) + 4, 8);
    }

    // Cues
    for (const cue of this.cues) {
      if (cue.end < from || cue.start > from + span) continue;
      const on = cue.key === this.selected;
      const tone = colour(cue.findings?.some(({ level }) => level === "error") ? "--stage-warn" : "--stage-accent");
      const [left, right] = [x(cue.start), x(cue.end)];
      pen.fillStyle = tone;
      pen.globalAlpha = on ? 0.26 : 0.1;
      pen.fillRect(left, top, right - left, height - top);
      pen.globalAlpha = on ? 1 : 0.5;
      pen.fillRect(left, top, on ? 3 : 1, height - top);
      pen.fillRect(right - (on ? 3 : 1), top, on ? 3 : 1, height - top);
      pen.globalAlpha = 1;
    }

    this.drawPeaks(pen, { x, width, height, top, colour });

    // Words of the cues above the wave
    pen.fillStyle = colour("--stage-text");
    for (const cue of this.cues) {
      const room = x(cue.end) - x(cue.start) - 12;
      if (cue.end < from || cue.start > from + span || room < 24) continue;
      pen.save();
      pen.beginPath();
      pen.rect(x(cue.start) + 6, top, room, 16);
      pen.clip();
      pen.fillText(cue.text.replaceAll("\n", " "), x(cue.start) + 6, top + 10);
      pen.restore();
    }

    // Playhead
    pen.fillStyle = colour("--stage-accent");
    pen.fillRect(x(this.time) - 1, top - 6, 2, height);
    pen.beginPath();
    pen.moveTo(x(this.time) - 6, top - 10);
    pen.lineTo(x(this.time) + 6, top - 10);
    pen.lineTo(x(this.time), top);
    pen.fill();
    canvas.setAttribute("aria-label", `Waveform from ${timecode(from)} to ${timecode(from + span)}, playhead at ${timecode(this.time)}`);
  }

  drawPeaks(pen, { x, width, height, top, colour }) {
    if (!this.wave?.peaks.length) return;
    const { peaks, rate } = this.wave;
    const middle = top + 16 + (height - top - 16) / 2;
    const half = (height - top - 20) / 2;
    pen.fillStyle = colour("--stage-text-2");
    for (let column = 0; column < width; column += 3) {
      const first = Math.floor((this.from + (column / width) * this.span) * rate);
      const last = Math.max(first + 1, Math.floor((this.from + ((column + 3) / width) * this.span) * rate));
      let most = 0;
      for (let index = Math.max(0, first); index < Math.min(last, peaks.length); index++) most = Math.max(most, peaks[index]);
      if (first >= 0 && first < peaks.length) pen.fillRect(column, middle - Math.max(0.5, most * half), 2, Math.max(1, most * half * 2));
    }
  }
}

customElements.define("wave-form", WaveForm);
