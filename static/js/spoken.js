// A description that is spoken over a film which does not carry it. Each line has its sound; the film is lowered under it, and for
// lines that no silence holds it stops, and goes on when the voice has ended. Without a sound the words are shown and announced, or
// said by the browser's own voice where a person asked for that.
import { announce } from "./toast.js";

// −12 dB, over the times in which listeners find it pleasant.
const LOWERED = 0.25;
const ATTACK = 200;
const RELEASE = 400;
const AHEAD = 20;

export class SpokenDescription {
  constructor(player, address, language) {
    this.player = player;
    this.video = player.video;
    this.address = address;
    this.language = language;
    this.lines = [];
    this.sounds = new Map();
    this.at = this.video.currentTime;
    this.volume = null;
    this.listeners = {
      seeking: () => this.hush(),
      pause: () => this.stopped(),
      play: () => this.begun(),
    };
    for (const [kind, hear] of Object.entries(this.listeners)) this.video.addEventListener(kind, hear);
    this.tick = () => this.look();
    player.addEventListener("player-time", this.tick);
    this.ready = this.load();
  }

  async load() {
    const answer = await fetch(this.address, { headers: { Accept: "application/json" } });
    if (!answer.ok) throw new Error(String(answer.status));
    const { lines } = await answer.json();
    this.lines = lines.sort((one, other) => one.start - other.start);
    this.prepare();
  }

  close() {
    for (const [kind, hear] of Object.entries(this.listeners)) this.video.removeEventListener(kind, hear);
    this.player.removeEventListener("player-time", this.tick);
    const held = this.holding;
    this.hush();
    if (held) this.player.play();
  }

  get voiced() { return this.lines.some(({ url }) => url); }
  get holding() { return Boolean(this.now?.holds); }

  sound(line) {
    let sound = this.sounds.get(line.index);
    if (!sound) {
      sound = new Audio();
      sound.preload = "auto";
      sound.src = line.url;
      this.sounds.set(line.index, sound);
    }
    return sound;
  }

  // The sounds of the next lines are fetched before they are needed: a film that stops must not wait for the network.
  prepare() {
    const now = this.video.currentTime;
    for (const line of this.lines) if (line.url && line.start >= now - 1 && line.start < now + AHEAD) this.sound(line);
  }

  look() {
    const now = this.video.currentTime;
    const before = this.at;
    this.at = now;
    if (this.video.paused || this.video.seeking || now < before || now - before > 1.5) return;
    const line = this.lines.find(({ start }) => start > before - (before === 0 ? 0.001 : 0) && start <= now);
    if (line) this.say(line);
    this.prepare();
  }

  // Says one line; `alone` on a button's wish, beside the film.
  say(line, { alone = false } = {}) {
    this.hush();
    const holds = line.mode === "extended" && !alone;
    this.now = { line, holds };
    this.player.showLine(line, this.language);
    this.tell("begin");
    if (holds) this.video.pause();
    else if (!alone) this.fade(LOWERED, ATTACK);
    if (line.url) this.play(line);
    else if (this.player.browserVoice && "speechSynthesis" in window) this.utter(line);
    else {
      announce(line.text);
      if (holds) this.timer = setTimeout(() => this.end(), Math.max(1000, line.seconds * 1000));
      else this.timer = setTimeout(() => this.end(), line.seconds * 1000);
    }
    if (this.player.wordsTold && line.url) announce(line.text);
    this.player.showState();
  }

  play(line) {
    const sound = this.sound(line);
    this.now.sound = sound;
    sound.currentTime = 0;
    sound.playbackRate = Math.min(2, line.speed * this.video.playbackRate);
    sound.muted = this.video.muted;
    sound.onended = () => this.end();
    sound.onerror = () => this.end();
    sound.play().catch(() => this.end());
  }

  utter(line) {
    const words = new SpeechSynthesisUtterance(line.text);
    words.lang = this.language;
    words.onend = words.onerror = () => this.end();
    this.now.words = words;
    speechSynthesis.speak(words);
  }

  end() {
    const held = this.holding;
    this.hush();
    if (held) this.player.play();
  }

  // Silence, and the film as loud as it was.
  hush() {
    clearTimeout(this.timer);
    const { now } = this;
    this.now = null;
    if (!now) return;
    if (now.sound) {
      now.sound.onended = now.sound.onerror = null;
      now.sound.pause();
    }
    if (now.words) {
      now.words.onend = now.words.onerror = null;
      speechSynthesis.cancel();
    }
    this.fade(1, RELEASE);
    this.tell("end", now.line);
    this.player.showLine(null, this.language);
  }

  // While it speaks, the button stops and starts the voice, and the film where it is not held.
  toggle() {
    const { now } = this;
    if (now.sound?.paused) now.sound.play().catch(() => this.end());
    else if (now.sound) now.sound.pause();
    else this.end();
    this.player.showState();
  }

  get speaking() { return Boolean(this.now && plays(this.now)); }

  stopped() {
    if (this.now && !this.now.holds) this.now.sound?.pause();
  }

  begun() {
    this.at = this.video.currentTime;
    if (!this.now) return;
    if (this.now.holds) this.hush();
    else this.now.sound?.play().catch(() => this.end());
  }

  fade(to, time) {
    clearInterval(this.fading);
    this.volume ??= this.video.volume;
    const from = this.video.volume;
    const goal = this.volume * to;
    const begun = performance.now();
    this.fading = setInterval(() => {
      const share = Math.min(1, (performance.now() - begun) / time);
      this.video.volume = from + (goal - from) * share;
      if (share < 1) return;
      clearInterval(this.fading);
      if (to === 1) this.volume = null;
    }, 20);
  }

  tell(what, line = this.now?.line) {
    this.player.dispatchEvent(new CustomEvent(`description-${what}`, { detail: { index: line?.index, mode: line?.mode } }));
  }
}

const plays = ({ sound }) => (sound ? !sound.paused : true);
