// Plays a quoted range where it is quoted, from its first word to its last. One at a time; after its end the film goes on if one lets it.
import { ask } from "./chat-asking.js";
import { timecode } from "./timecode.js";
import { toast } from "./toast.js";

const GONE = "This file cannot be played any more. It may have been taken away.";

export class RangePlayer {
  constructor(root) {
    this.root = root;
    root.addEventListener("click", ({ target }) => {
      const cite = target.closest("button[data-cite]");
      if (cite) this.toggle(cite, { ...rangeOf(cite), after: blockOf(cite) });
      const play = target.closest("[data-play-clip]");
      if (play) {
        const card = play.closest("[data-clip]");
        this.toggle(play, { ...rangeOf(card), words: card.querySelector("[data-quote]").textContent, within: card });
      }
      if (target.closest("[data-close-player]")) this.close({ focus: true });
    });
    root.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || !this.box?.contains(event.target)) return;
      event.stopPropagation();
      this.close({ focus: true });
    });
  }

  toggle(button, range) {
    const wasOpen = this.button === button;
    this.close();
    if (!wasOpen) this.open(button, range);
  }

  close({ focus = false } = {}) {
    this.box?.remove();
    this.button?.setAttribute("aria-expanded", "false");
    if (focus) this.button?.focus();
    this.box = this.button = null;
  }

  async open(button, { asset, start, end, words, within, after }) {
    this.button = button;
    button.setAttribute("aria-expanded", "true");
    const found = await this.film(asset);
    if (this.button !== button) return;
    if (!found) {
      this.close();
      return toast(GONE, "error");
    }
    this.box = this.draw(found, { start, end, words, name: button.getAttribute("aria-label") ?? button.textContent });
    if (within) within.append(this.box);
    else after.after(this.box);
    this.box.scrollIntoView({ block: "nearest" });
    const media = this.box.querySelector("video, audio");
    media.play().catch(() => media.focus());
  }

  // The whole file, of which the browser fetches what it plays: a range need not be cut to be heard. Links end within the hour, so
  // each is asked for when it is needed.
  async film(asset) {
    for (const kind of ["video", "audio"]) {
      const answer = await ask(`/api/${kind}-preview/${asset}`).catch(() => null);
      if (answer?.ok) return { kind, url: answer.body.url };
    }
    return null;
  }

  draw({ kind, url }, { start, end, words, name }) {
    const box = document.createElement("div");
    box.className = "inline-player";
    const media = document.createElement(kind);
    media.controls = true;
    media.playsInline = true;
    media.setAttribute("aria-label", name);
    media.addEventListener("loadedmetadata", () => Number.isFinite(start) && (media.currentTime = start), { once: true });
    media.addEventListener("error", () => toast(GONE, "error"), { once: true });
    this.stopAt(media, end);
    media.src = url;
    const foot = document.createElement("p");
    foot.className = "inline-player__foot meta";
    const range = document.createElement("span");
    range.textContent = Number.isFinite(start) ? `${timecode(start)} to ${timecode(end)}` : "";
    const close = document.createElement("button");
    close.className = "btn btn--ghost btn--s push";
    close.type = "button";
    close.dataset.closePlayer = "";
    close.textContent = "Close";
    foot.append(range, close);
    box.append(media, foot);
    if (words) box.dataset.words = words;
    return box;
  }

  stopAt(media, end) {
    if (!Number.isFinite(end)) return;
    let stopped = false;
    const look = () => {
      if (media.paused || stopped) return;
      if (media.currentTime >= end) {
        stopped = true;
        return media.pause();
      }
      requestAnimationFrame(look);
    };
    media.addEventListener("playing", () => requestAnimationFrame(look));
    media.addEventListener("seeking", () => (stopped ||= media.currentTime > end + 0.5));
  }
}

const rangeOf = ({ dataset }) => ({ asset: dataset.asset, start: Number(dataset.start || NaN), end: Number(dataset.end || NaN) });
const blockOf = (cite) => cite.closest(".msg__text > *") ?? cite;
