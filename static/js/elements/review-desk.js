// <review-desk> joins a player with the notes beside it: the moment of a new note, marks on the time line, frame steps, loop, drawing.
// What it adds works on top of forms that submit without it. Links to films may die while a guest looks: then fresh ones are fetched.
import { Drawing } from "../drawing.js";
import { announce } from "../toast.js";

const SPEEDS = [0.25, 0.5, 0.75, 1, 1.25, 1.5, 2];

class ReviewDesk extends HTMLElement {
  connectedCallback() {
    if (this.form !== undefined) return;
    this.player = this.querySelector("media-player");
    this.form = this.querySelector("[data-note-form]");
    this.tools = this.querySelector("[data-tools]");
    this.fps = Number(this.dataset.fps) || Number(this.player?.dataset.fps) || 25;
    this.marks = JSON.parse(this.querySelector("#review-marks")?.textContent ?? "[]");
    if (!this.player) return;
    if (this.tools) this.tools.hidden = false;
    customElements.whenDefined("media-player").then(() => this.join());
  }

  join() {
    this.video = this.player.querySelector("video");
    if (this.tools) this.drawing = new Drawing(this.player.querySelector(".player__picture"), this.form.querySelector("[data-drawing]"));
    this.player.addEventListener("player-time", ({ detail }) => this.follow(detail.time));
    this.player.addEventListener("film-changed", () => this.showMarks());
    this.video.addEventListener("loadedmetadata", () => this.showMarks());
    this.video.addEventListener("error", () => this.refresh(), true);
    this.addEventListener("click", (event) => this.clicked(event));
    this.querySelector("[data-speed]")?.addEventListener("change", ({ target }) => this.setSpeed(Number(target.value)));
    document.addEventListener("keydown", (event) => this.key(event));
    const body = this.form?.querySelector("[data-note-body]");
    // Whoever begins to write means this moment.
    body?.addEventListener("input", () => {
      if (this.held) return;
      this.held = true;
      this.player.pause();
      this.stamp(this.player.currentTime);
    });
    body?.addEventListener("blur", () => {
      if (!body.value) this.held = false;
    });
    body?.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) this.form.requestSubmit();
    });
    this.form?.addEventListener("submit", () => this.drawing?.keep());
    this.showMarks();
    this.follow(this.player.currentTime);
  }

  get film() { return this.player.film?.dataset.described ?? ""; }

  stamp(time) {
    this.form.querySelector("[data-at]").value = time.toFixed(3);
    this.form.querySelector("[data-film-field]").value = this.film;
  }

  follow(time) {
    if (this.form && !this.held) this.stamp(time);
    if (this.tools) {
      const frame = Math.floor(time * this.fps + 0.001);
      this.querySelector("[data-frame]").textContent = frame;
      this.querySelector("[data-frame-clock]").textContent = smpte(frame, Math.round(this.fps));
    }
    if (this.looping && this.out !== undefined && (time >= this.out || time < this.in - 0.5)) this.player.currentTime = this.in;
  }

  showMarks() {
    const line = this.querySelector("[data-marks]");
    const { duration } = this.video;
    if (!line || !Number.isFinite(duration)) return;
    line.replaceChildren(
      ...this.marks.map(({ id, at, resolved }) => {
        const mark = document.createElement("a");
        mark.href = `#note-${id}`;
        mark.className = resolved ? "review__mark review__mark--done" : "review__mark";
        mark.style.setProperty("--_at", `${Math.min(100, (at / duration) * 100)}%`);
        mark.dataset.mark = id;
        mark.setAttribute("aria-label", `Note at ${smpte(Math.floor(at * this.fps + 0.001), Math.round(this.fps))}${resolved ? ", resolved" : ""}`);
        return mark;
      }),
    );
  }

  clicked(event) {
    const tool = event.target.closest("[data-tool]")?.dataset.tool;
    if (tool) return this.use(tool);
    const id = event.target.closest("[data-mark]")?.dataset.mark ?? (event.target.closest("[data-seek-to]") && event.target.closest("[data-note]")?.id.replace("note-", ""));
    const mark = this.marks.find((one) => one.id === id);
    if (!mark) return;
    if (event.target.closest("[data-mark]")) this.player.currentTime = mark.at;
    this.player.pause();
    this.drawing?.show(mark.drawing);
  }

  use(tool) {
    const { player } = this;
    const now = player.currentTime;
    const tools = {
      back: () => player.step(-1),
      forward: () => player.step(1),
      in: () => this.bound("in", now),
      out: () => this.bound("out", now),
      loop: () => this.loop(),
      draw: () => this.draw(),
      clear: () => this.drawing.clear(),
    };
    tools[tool]?.();
  }

  bound(side, time) {
    this[side] = time;
    if (this.in !== undefined && this.out !== undefined && this.out <= this.in) this[side === "in" ? "out" : "in"] = undefined;
    if (side === "in") this.stamp(time);
    else this.form.querySelector("[data-until]").value = time.toFixed(3);
    this.held = true;
    announce(`${side === "in" ? "In" : "Out"} at ${time.toFixed(2)} seconds`);
  }

  loop() {
    if (this.in === undefined || this.out === undefined) return announce("Set in and out first.");
    this.looping = !this.looping;
    this.querySelector('[data-tool="loop"]').setAttribute("aria-pressed", String(this.looping));
    if (this.looping) {
      this.player.currentTime = this.in;
      this.player.play();
    }
  }

  draw() {
    this.player.pause();
    this.drawing.toggle();
    this.held = this.held || this.drawing.on;
    if (this.drawing.on) this.stamp(this.player.currentTime);
    this.querySelector('[data-tool="draw"]').setAttribute("aria-pressed", String(this.drawing.on));
    this.querySelector('[data-tool="clear"]').hidden = !this.drawing.on;
  }

  setSpeed(speed) {
    this.video.playbackRate = speed;
    const choice = this.querySelector("[data-speed]");
    if (choice) choice.value = String(speed);
  }

  key(event) {
    if (document.querySelector("dialog[open]") || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.matches("input:not([type=range]), textarea, select")) return;
    const { player, video } = this;
    const faster = SPEEDS[Math.min(SPEEDS.length - 1, SPEEDS.indexOf(video.playbackRate) + 1)] ?? 1;
    const keys = {
      j: () => (player.playing && video.playbackRate > 1 ? this.setSpeed(1) : (player.currentTime -= 1)),
      k: () => player.pause(),
      l: () => (player.playing ? this.setSpeed(faster) : player.play()),
      ",": () => player.step(-1),
      ".": () => player.step(1),
      i: () => this.tools && this.use("in"),
      o: () => this.tools && this.use("out"),
      n: () => this.form?.querySelector("[data-note-body]").focus(),
    };
    // The player has keys of its own while it has the focus; those of frames would step twice.
    const act = keys[event.key.toLowerCase()];
    if (!act || (player.contains(event.target) && [",", "."].includes(event.key))) return;
    event.preventDefault();
    event.stopPropagation();
    act();
  }

  // The addresses in a guest's page die within a quarter of an hour.
  async refresh() {
    if (!this.dataset.fresh || this.refreshing) return;
    this.refreshing = true;
    const at = this.player.currentTime;
    const answer = await fetch(this.dataset.fresh, { headers: { Accept: "text/html" } });
    if (answer.ok) {
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const fresh = [...page.querySelectorAll("template[data-film]")];
      this.player.films.forEach((film, index) => fresh[index] && film.replaceWith(fresh[index]));
      this.player.films = [...this.player.querySelectorAll("template[data-film]")];
      const film = this.player.films.find((one) => (one.dataset.described ?? "") === this.film) ?? this.player.films[0];
      this.player.querySelector("[data-broken]").hidden = true;
      this.player.change(film);
      this.player.currentTime = at;
    }
    setTimeout(() => (this.refreshing = false), 5000);
  }
}

function smpte(frame, rate) {
  const seconds = Math.floor(frame / rate);
  const parts = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60, frame % rate];
  return parts.map((part) => String(part).padStart(2, "0")).join(":");
}

customElements.define("review-desk", ReviewDesk);
