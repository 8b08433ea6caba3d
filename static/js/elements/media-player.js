// <media-player> dresses the plain <video controls> inside it in the studio's own bar: captions, descriptions, languages, frame steps.
// Films (the source, and the described ones) stand in <template data-film> with their sources and tracks; `data-pauses` of a
// described film lists [second of the source, length of the pause], so that switching keeps the place. <template data-lines> names a
// description's lines: where no film carries that language, they are spoken over the source, which waits for those that need it.
import { writeTimecode, timecode } from "../timecode.js";
import { SpokenDescription } from "../spoken.js";
import { announce } from "../toast.js";

class MediaPlayer extends HTMLElement {
  connectedCallback() {
    if (this.video) return;
    this.video = this.querySelector("video");
    this.films = [...this.querySelectorAll("template[data-film]")];
    this.film = this.films[0] ?? null;
    this.stage = this.querySelector("[data-stage]");
    this.caption = this.querySelector("[data-caption]");
    this.spoken = this.querySelector("[data-spoken]");
    this.range = this.querySelector("[data-seek]");
    this.fps = Number(this.dataset.fps) || 25;
    this.captionsOn = true;
    this.language = this.querySelector("[data-captions]")?.value ?? "";
    this.described = "";
    this.lines = new Map([...this.querySelectorAll("template[data-lines]")].map(({ dataset }) => [dataset.language, dataset.lines]));
    this.video.controls = false;
    this.querySelector("[data-bar]").hidden = false;
    this.listen();
    this.useTracks();
    this.showTime();
    this.begin();
  }

  // <media-player data-start="12.5">: an address, or a hit of a search, says where.
  begin() {
    const start = Number(this.dataset.start);
    if (!start) return;
    const go = () => {
      this.currentTime = start;
    };
    if (this.video.readyState) go();
    else this.video.addEventListener("loadedmetadata", go, { once: true });
  }

  listen() {
    const { video } = this;
    this.addEventListener("click", (event) => {
      const act = event.target.closest("[data-do]")?.dataset.do;
      if (act) this.act(act);
      else if (event.target === video) this.toggle();
    });
    this.range.addEventListener("input", () => {
      this.currentTime = Number(this.range.value);
    });
    this.querySelector("[data-captions]")?.addEventListener("change", ({ target }) => {
      this.captionsOn = target.value !== "";
      if (target.value) this.language = target.value;
      this.useTracks();
    });
    this.querySelector("[data-described]")?.addEventListener("change", ({ target }) => this.describe(target.value));
    this.addEventListener("keydown", (event) => this.key(event));
    // Elsewhere on the page: <button data-plays="captions|described" data-language="es">, <a data-seek-to="12.5">.
    document.addEventListener("click", (event) => {
      const place = event.target.closest("[data-seek-to]");
      if (place && this.isConnected) {
        event.preventDefault();
        this.currentTime = Number(place.dataset.seekTo);
        this.play();
        return;
      }
      const button = event.target.closest("[data-plays]");
      if (button) this.watch(button.dataset.plays, button.dataset.language);
    });
    for (const kind of ["play", "pause", "ended"]) video.addEventListener(kind, () => this.showState());
    for (const kind of ["timeupdate", "seeked", "durationchange", "loadedmetadata"]) video.addEventListener(kind, () => this.showTime());
    video.addEventListener("volumechange", () => this.press("mute", video.muted));
    video.addEventListener("error", () => this.broken(), true);
    const tick = () => {
      if (!this.isConnected || video.paused) return;
      this.showTime();
      requestAnimationFrame(tick);
    };
    video.addEventListener("play", () => requestAnimationFrame(tick));
  }

  get currentTime() { return this.video.currentTime; }
  set currentTime(seconds) {
    const most = Number.isFinite(this.video.duration) ? this.video.duration : seconds;
    this.video.currentTime = Math.min(Math.max(0, seconds), most);
  }
  get duration() { return this.video.duration; }
  get paused() { return this.video.paused; }
  get playing() { return (!this.video.paused && !this.video.ended) || Boolean(this.voice?.holding && this.voice.speaking); }
  // What a person chose below the bar.
  get browserVoice() { return Boolean(this.querySelector("[data-browser-voice]")?.checked); }
  get wordsTold() { return Boolean(this.querySelector("[data-words-told]")?.checked); }

  play() { return this.video.play().catch(() => this.showState()); }
  pause() { this.video.pause(); }
  toggle() {
    if (this.voice?.holding) return this.voice.toggle();
    return this.playing ? this.pause() : this.play();
  }
  step(frames) {
    this.pause();
    this.currentTime = (Math.round(this.currentTime * this.fps) + frames) / this.fps + 0.0001;
  }

  act(act) {
    if (act === "play") this.toggle();
    else if (act === "back") this.currentTime -= 1;
    else if (act === "forward") this.currentTime += 1;
    else if (act === "mute") this.video.muted = !this.video.muted;
    else if (act === "full") {
      if (document.fullscreenElement) document.exitFullscreen();
      else this.stage.requestFullscreen?.().catch(() => {});
    } else if (act === "captions") {
      this.captionsOn = !this.captionsOn;
      this.useTracks();
    } else if (act === "describe") {
      const choice = this.querySelector("[data-described]");
      const wanted = this.described ? "" : [...choice.options].find(({ value }) => value === this.language)?.value || choice.options[1]?.value || "";
      this.describe(wanted);
    }
  }

  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches("select, input, textarea, button")) return;
    const act = { " ": "play", k: "play", ArrowLeft: "back", ArrowRight: "forward", c: "captions", d: "describe", m: "mute", f: "full" }[event.key];
    if (act) {
      event.preventDefault();
      event.stopPropagation();
      this.act(act);
    } else if (event.key === "," || event.key === ".") {
      event.stopPropagation();
      this.step(event.key === "," ? -1 : 1);
    }
  }

  // Language of the description, or "" for none. A rendered film carries the voice; without one the words are shown and announced.
  describe(language) {
    this.described = language;
    const film = this.films.find((other) => (other.dataset.described ?? "") === language) ?? this.films[0];
    this.speak(film);
    if (film && film !== this.film) this.change(film);
    else this.useTracks();
  }

  // The lines of the chosen language, spoken here, unless the film carries the voice.
  speak(film) {
    this.voice?.close();
    this.voice = null;
    const address = this.lines.get(this.described);
    if (!this.described || film?.dataset.described || !address) return this.offerVoice(false);
    const voice = new SpokenDescription(this, address, this.described);
    this.voice = voice;
    voice.ready
      .then(() => {
        if (this.voice !== voice) return;
        this.offerVoice(!voice.voiced);
        this.useTracks();
        this.dispatchEvent(new CustomEvent("description-ready"));
      })
      .catch(() => {
        // The words are shown as they are without a voice.
        if (this.voice !== voice) return;
        voice.close();
        this.voice = null;
        this.useTracks();
      });
  }

  // Where nothing was spoken yet, a person may have the browser say it. Nothing does so unasked.
  offerVoice(lacking) {
    const [own, words] = ["[data-browser-voice]", "[data-words-told]"].map((name) => this.querySelector(name)?.closest("label"));
    if (own) own.hidden = !lacking || !("speechSynthesis" in window);
    if (words) words.hidden = !this.voice || lacking;
  }

  showLine(line, language) {
    if (!this.spoken) return;
    this.spoken.textContent = line?.text ?? "";
    this.spoken.lang = language;
    this.spoken.parentElement.hidden = !line;
  }

  watch(what, language) {
    this.language = language;
    this.captionsOn = true;
    if (what === "captions") this.useTracks();
    else this.describe(language);
    this.scrollIntoView({ block: "center" });
    this.querySelector('[data-do="play"]').focus({ preventScroll: true });
    this.play();
  }

  change(film) {
    const at = toFilm(film, toSource(this.film, this.video.currentTime));
    const playing = this.playing;
    const rate = this.video.playbackRate;
    this.film = film;
    this.video.replaceChildren(film.content.cloneNode(true));
    this.video.addEventListener(
      "loadedmetadata",
      () => {
        this.video.playbackRate = rate;
        this.currentTime = at;
        if (playing) this.play();
      },
      { once: true },
    );
    this.video.load();
    this.useTracks();
    this.dispatchEvent(new CustomEvent("film-changed"));
  }

  tracks(kind) {
    return [...this.video.querySelectorAll(`track[kind=${kind}]`)];
  }

  useTracks() {
    for (const element of this.tracks("captions")) this.listenTo(element, this.captionsOn && element.srclang === this.language, () => this.showCaption());
    const voiced = Boolean(this.film?.dataset.described || this.voice?.lines.length);
    for (const element of this.tracks("descriptions")) this.listenTo(element, !voiced && element.srclang === this.described, () => this.showSpoken());
    this.press("captions", this.captionsOn);
    this.press("describe", Boolean(this.described));
    const captions = this.querySelector("[data-captions]");
    if (captions) captions.value = this.captionsOn ? this.language : "";
    const described = this.querySelector("[data-described]");
    if (described) described.value = this.described;
    this.showCaption();
    this.showSpoken();
  }

  // "hidden" loads a track and fires its events without the browser drawing it; we draw it, in the studio's type, and above the bar.
  listenTo(element, on, show) {
    element.track.mode = on ? "hidden" : "disabled";
    element.track.oncuechange = on ? show : null;
    element.onload = on ? show : null;
  }

  active(kind, language) {
    const element = this.tracks(kind).find(({ srclang }) => srclang === language);
    return [...(element?.track.activeCues ?? [])].map(({ text }) => text.replace(/<[^>]*>/g, "")).join("\n");
  }

  // The cue editor sets `captionAt` to show what is being typed.
  showCaption() {
    const text = this.captionAt ? (this.captionsOn ? this.captionAt(this.currentTime) : "") : this.captionsOn ? this.active("captions", this.language) : "";
    if (this.caption.textContent !== text) this.caption.textContent = text;
    this.caption.lang = this.captionLanguage ?? this.language;
    this.caption.parentElement.hidden = !text;
  }

  showSpoken() {
    if (this.voice?.lines.length) return;
    const text = this.described && !this.film?.dataset.described ? this.active("descriptions", this.described) : "";
    if (!this.spoken || this.spoken.textContent === text) return;
    this.spoken.textContent = text;
    this.spoken.lang = this.described;
    this.spoken.parentElement.hidden = !text;
    if (text) announce(text);
  }

  showTime() {
    const { currentTime, duration } = this.video;
    writeTimecode(this.querySelector("[data-now]"), currentTime);
    if (Number.isFinite(duration)) {
      this.range.max = duration;
      this.range.value = currentTime;
      this.range.style.setProperty("--_done", `${(currentTime / duration) * 100}%`);
      this.range.setAttribute("aria-valuetext", `${timecode(currentTime)} of ${timecode(duration)}`);
      this.querySelector("[data-length]").textContent = timecode(duration).split(".")[0];
    }
    if (this.captionAt) this.showCaption();
    this.dispatchEvent(new CustomEvent("player-time", { detail: { time: currentTime } }));
  }

  showState() {
    const button = this.querySelector('[data-do="play"]');
    button.setAttribute("aria-label", this.playing ? "Pause" : "Play");
    const use = button.querySelector("use");
    use.setAttribute("href", use.getAttribute("href").replace(/#.*/, this.playing ? "#i-pause" : "#i-play"));
    this.dispatchEvent(new CustomEvent("player-state"));
  }

  press(act, on) {
    this.querySelector(`[data-do="${act}"]`)?.setAttribute("aria-pressed", String(on));
  }

  broken() {
    const box = this.querySelector("[data-broken]");
    if (box) box.hidden = false;
  }
}

const pausesOf = (film) => JSON.parse(film?.dataset.pauses ?? "[]");

// A described film stops at some moments of its source; these two go between the clocks.
function toFilm(film, seconds) {
  return pausesOf(film).reduce((sum, [at, length]) => (at < seconds ? sum + length : sum), seconds);
}

function toSource(film, seconds) {
  let gone = 0;
  for (const [at, length] of pausesOf(film)) {
    if (seconds < at + gone) break;
    if (seconds < at + gone + length) return at;
    gone += length;
  }
  return seconds - gone;
}

customElements.define("media-player", MediaPlayer);
