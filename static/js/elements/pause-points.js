// <pause-points data-address="/api/…/pause-points/" data-fps="25"> holds a player, a waveform and a table of lines. Holds are dragged on
// the waveform, stepped by frames, or written as times; each is kept at once, and what the server makes of it is shown.
import { csrf } from "../forms.js";
import { seconds, timecode } from "../timecode.js";
import { announce } from "../toast.js";

// A hold is a moment; on the waveform it gets a width that can be taken hold of.
const WIDTH = 0.6;

class PausePoints extends HTMLElement {
  connectedCallback() {
    if (this.player) return;
    this.player = this.querySelector("media-player");
    this.wave = this.querySelector("wave-form");
    this.fps = Number(this.dataset.fps) || 25;
    this.points = JSON.parse(document.getElementById("points").textContent);
    for (const point of this.points) point.kept = point.at;
    for (const button of this.querySelectorAll("[data-step]")) button.hidden = false;
    this.addEventListener("click", (event) => this.press(event));
    this.addEventListener("submit", (event) => this.submit(event));
    this.addEventListener("keydown", (event) => this.key(event));
    if (this.player) customElements.whenDefined("media-player").then(() => this.begin());
  }

  begin() {
    this.player.describe(this.player.lines.keys().next().value ?? "");
    this.player.addEventListener("description-ready", () => this.offer());
    this.offer();
    if (!this.wave) return;
    this.wave.follow(this.player);
    this.wave.addEventListener("wave-drag", ({ detail }) => this.drag(detail));
    this.wave.addEventListener("wave-dropped", ({ detail }) => this.keep(detail.key, this.point(detail.key).at));
    this.show();
  }

  offer() {
    const voiced = this.player.voice?.lines ?? [];
    for (const button of this.querySelectorAll("[data-hear]")) button.hidden = !voiced.some(({ index, url }) => index === Number(button.dataset.hear) && url);
  }

  point(key) { return this.points.find((point) => point.key === key); }
  form(key) { return this.querySelector(`[data-point="${key}"]`); }

  show(selected = this.wave?.selected) {
    this.wave?.show(this.points.map(({ key, at }) => ({ key, start: at, end: at + WIDTH, text: String(key + 1) })), selected);
  }

  press(event) {
    const hear = event.target.closest("[data-hear]");
    const step = event.target.closest("[data-step]");
    if (hear) {
      const line = this.player.voice?.lines.find(({ index }) => index === Number(hear.dataset.hear));
      this.player.pause();
      if (line) this.player.voice.say(line, { alone: true });
    } else if (step) {
      this.step(Number(step.closest("[data-point]").dataset.point), Number(step.dataset.step));
    }
  }

  key(event) {
    const field = event.target.closest("[data-at]");
    const frames = { ArrowUp: 1, ArrowDown: -1 }[event.key];
    if (!field || !frames) return;
    event.preventDefault();
    this.step(Number(field.closest("[data-point]").dataset.point), frames * (event.shiftKey ? 10 : 1));
  }

  step(key, frames) {
    const at = Math.max(0, (Math.round(this.point(key).at * this.fps) + frames) / this.fps);
    this.put(key, at);
    clearTimeout(this.later);
    this.later = setTimeout(() => this.keep(key, at), 400);
  }

  submit(event) {
    const form = event.target.closest("[data-point]");
    if (!form) return;
    event.preventDefault();
    const at = seconds(form.elements.at.value);
    if (Number.isNaN(at)) this.refuse("Write the time as hours:minutes:seconds.thousandths.");
    else this.keep(Number(form.dataset.point), at);
  }

  drag({ key, side, to }) {
    this.put(key, Math.max(0, side === "end" ? to - WIDTH : to));
  }

  put(key, at) {
    this.point(key).at = at;
    this.form(key).elements.at.value = timecode(at);
    this.show(key);
  }

  async keep(key, at) {
    const answer = await fetch(`${this.dataset.address}${key}`, {
      method: "PATCH",
      headers: { "Content-Type": "application/json", Accept: "application/json", "X-CSRFToken": csrf() },
      body: JSON.stringify({ timestamp: Math.round(at * 1000) / 1000 }),
    }).catch(() => null);
    const body = await answer?.json().catch(() => null);
    if (!answer?.ok) {
      const said = typeof body?.detail === "string" ? body.detail : "This was not kept. Try again.";
      this.refuse(said);
      this.put(key, this.point(key).kept);
      return;
    }
    this.querySelector("[data-problem]").hidden = true;
    this.point(key).kept = body.timestamp;
    this.put(key, body.timestamp);
    const form = this.form(key);
    form.querySelector("[data-length]").textContent = `for ${body.duration.toFixed(2)} s`;
    form.querySelector("[data-edited]").hidden = !body.edited;
    announce(`Held at ${timecode(body.timestamp)}, for ${body.duration.toFixed(1)} seconds`);
    // The player speaks it where it stands now, and the film's panel tells that it is behind.
    this.player?.describe(this.player.described);
    this.querySelector("[data-live-fragment]")?.dispatchEvent(new CustomEvent("live-changed"));
  }

  refuse(text) {
    const note = this.querySelector("[data-problem]");
    note.querySelector("p").textContent = text;
    note.hidden = false;
  }
}

customElements.define("pause-points", PausePoints);
