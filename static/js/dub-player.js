// Two pictures on one clock: the original leads, the dubbed film follows. What is heard is the original, the film that was made,
// or the lines as they are now: their sounds over the picture, with the original lowered while somebody speaks.
import { timecode, writeTimecode } from "./timecode.js";
import { toast } from "./toast.js";

// Further apart than this is heard as an echo; nearer, the follower is let run.
const APART = 0.08;
// How loud the original is under a line, where the film that is made would lower it.
const UNDER = 0.12;
const SOON = 4;

export class DubPlayer {
  constructor(desk, place) {
    Object.assign(this, { desk, place, sounds: new Map(), until: null });
    for (const [name, find] of Object.entries({ range: "[data-seek]", clock: "[data-now]", length: "[data-length]", bar: "[data-bar]" })) this[name] = place.querySelector(find);
    place.addEventListener("click", (event) => this.click(event));
    this.range.addEventListener("input", () => this.seek(Number(this.range.value)));
    this.lead();
  }

  // The original leads, as soon as it can be played.
  lead() {
    this.original = this.place.querySelector("[data-side=original] video");
    this.bar.hidden = !this.original;
    if (!this.original) return;
    this.original.controls = false;
    for (const kind of ["play", "pause", "ended"]) this.original.addEventListener(kind, () => this.state());
    for (const kind of ["timeupdate", "seeked", "loadedmetadata", "durationchange"]) this.original.addEventListener(kind, () => this.time());
    this.original.addEventListener("play", () => this.run());
    this.original.addEventListener("seeking", () => this.quiet());
    this.follow();
    this.hear(this.film ? "film" : "lines");
    this.time();
  }

  // The film beside it, as often as one is made.
  follow() {
    this.film = this.place.querySelector("[data-side=dub] video");
    if (!this.film) return;
    this.film.controls = false;
    this.film.muted = true;
    this.film.addEventListener("loadedmetadata", () => this.together(true));
  }

  get playing() {
    return Boolean(this.original) && !this.original.paused && !this.original.ended;
  }

  get at() {
    return this.original?.currentTime ?? 0;
  }

  click({ target }) {
    const act = target.closest("[data-do]")?.dataset.do;
    const heard = target.closest("[data-hear]");
    if (heard) return this.hear(heard.dataset.hear);
    if (act === "play" || target.matches("video")) this.toggle();
    else if (act === "back") this.seek(this.at - 1);
    else if (act === "on") this.seek(this.at + 1);
    else if (act === "one") this.one(target.closest("[data-do]"));
  }

  // One picture at a time is larger: that of what is heard.
  one(button) {
    const on = this.place.toggleAttribute("data-one");
    button.setAttribute("aria-pressed", String(on));
  }

  toggle() {
    if (!this.original) return undefined;
    if (this.playing) return this.pause();
    this.until = null;
    return this.play();
  }

  play() {
    this.together(true);
    return this.original.play().catch(() => this.state());
  }

  pause() {
    this.original.pause();
    this.film?.pause();
    this.quiet();
  }

  seek(seconds) {
    if (!this.original) return;
    const most = Number.isFinite(this.original.duration) ? this.original.duration : seconds;
    this.original.currentTime = Math.min(Math.max(0, seconds), most);
    this.together(true);
  }

  // From here to there, and then it stops: a line by itself.
  stretch(start, end, what) {
    if (!this.original) return;
    this.hear(what);
    this.quiet();
    this.seek(start);
    this.until = end;
    this.play();
  }

  // ---- What is heard

  hear(what) {
    if (!this.original || (what === "film" && !this.film)) return;
    this.heard = what;
    this.place.dataset.heard = what === "original" ? "original" : "dub";
    for (const button of this.place.querySelectorAll("[data-hear]")) button.setAttribute("aria-pressed", String(button.dataset.hear === what));
    this.original.muted = what === "film";
    this.original.volume = 1;
    if (this.film) this.film.muted = what !== "film";
    if (what !== "lines") this.quiet();
  }

  swap() {
    const dub = this.film && !this.desk.outOfDate ? "film" : "lines";
    this.hear(this.heard === "original" ? (this.lastDub ?? dub) : "original");
    if (this.heard !== "original") this.lastDub = this.heard;
  }

  together(hard = false) {
    if (!this.film || this.film.readyState < 1) return;
    const apart = this.film.currentTime - this.at;
    if ((hard && Math.abs(apart) > 0.01) || Math.abs(apart) > APART * 4) this.film.currentTime = this.at;
    // A little ahead or behind is made good unheard.
    this.film.playbackRate = Math.abs(apart) > APART ? (apart > 0 ? 0.95 : 1.05) : 1;
    if (this.playing && this.film.paused) this.film.play().catch(() => {});
    if (!this.playing && !this.film.paused) this.film.pause();
  }

  run() {
    if (!this.playing || !this.place.isConnected) return;
    this.time();
    this.together();
    if (this.heard === "lines") this.speak();
    if (this.until !== null && this.at >= this.until) {
      this.until = null;
      this.pause();
    }
    requestAnimationFrame(() => this.run());
  }

  // The sounds of the lines that are heard at this moment; those that come soon are fetched.
  speak() {
    const { at } = this;
    let under = false;
    for (const row of this.desk.lines.rows) {
      const { start, end, from, to, sound } = row.dataset;
      if (Number(start) > at + SOON) break;
      if (at >= Number(start) && at < Number(end)) under = true;
      if (!sound || Number(to) < at) {
        this.sounds.get(sound)?.pause();
        continue;
      }
      const voice = this.sound(sound);
      const inside = at - Number(from);
      if (inside < 0) continue;
      under = true;
      if (!voice.paused || voice.done) continue;
      voice.currentTime = Math.min(inside, voice.duration || inside);
      voice.play().catch(() => {});
    }
    this.original.volume = under ? UNDER : 1;
  }

  sound(address) {
    let voice = this.sounds.get(address);
    if (!voice) {
      voice = new Audio(address);
      voice.preload = "auto";
      voice.addEventListener("ended", () => (voice.done = true));
      voice.addEventListener("error", () => (voice.done = true));
      this.sounds.set(address, voice);
    }
    return voice;
  }

  quiet() {
    for (const voice of this.sounds.values()) {
      voice.pause();
      voice.done = false;
    }
    this.original.volume = 1;
  }

  // ---- What is shown

  time() {
    if (!this.original) return;
    const { currentTime, duration } = this.original;
    writeTimecode(this.clock, currentTime);
    if (Number.isFinite(duration)) {
      this.range.max = duration;
      this.range.value = currentTime;
      this.range.setAttribute("aria-valuetext", `${timecode(currentTime)} of ${timecode(duration)}`);
      this.range.style.setProperty("--_done", `${(currentTime / duration) * 100}%`);
      this.length.textContent = timecode(duration).split(".")[0];
    }
    const head = this.desk.querySelector("[data-head]");
    head?.setAttribute("x1", currentTime * 1000);
    head?.setAttribute("x2", currentTime * 1000);
    this.desk.lines.under(currentTime);
  }

  state() {
    this.together();
    if (!this.playing) this.quiet();
    const button = this.place.querySelector("[data-do=play]");
    button.setAttribute("aria-label", this.playing ? "Pause" : "Play");
    const use = button.querySelector("use");
    use.setAttribute("href", use.getAttribute("href").replace(/#.*/, this.playing ? "#i-pause" : "#i-play"));
  }

  // What was made while the page was open: the original as browsers play it, or the film beside it, at the same moment.
  renew(fresh) {
    const { side, file } = fresh.dataset;
    const old = this.place.querySelector(`[data-side=${side}]`);
    if (old.dataset.file === file) return;
    old.replaceWith(document.importNode(fresh, true));
    if (side === "original") return this.lead();
    this.follow();
    this.place.querySelector("[data-hear=film]").disabled = !this.film;
    if (!this.film) return this.hear("lines");
    this.hear("film");
    return toast("The film is made. It plays beside the original.", "ok");
  }
}
