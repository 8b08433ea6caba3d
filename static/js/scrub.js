// The pointer's place on a film's thumbnail is a place in the film: the tile of its sprite is shown there. With the keyboard the arrows do it.
import { timecode } from "./timecode.js";
import { announce } from "./toast.js";

const still = matchMedia("(prefers-reduced-motion: reduce)");
const STEPS = 20;
let shown = null;

class Scrub {
  constructor(thumb) {
    const { sprite, columns, tiles, seconds, ratio } = thumb.dataset;
    Object.assign(this, { thumb, columns: Number(columns), tiles: Number(tiles), seconds: Number(seconds), at: 0 });
    this.label = thumb.querySelector(".thumb__time");
    this.rest = this.label?.textContent;
    this.box = document.createElement("span");
    this.box.className = "thumb__scrub";
    this.tile = document.createElement("span");
    this.tile.className = "thumb__tile";
    this.head = document.createElement("span");
    this.head.className = "thumb__head";
    const rows = Math.ceil(this.tiles / this.columns);
    this.tile.style.aspectRatio = ratio;
    this.tile.style.backgroundImage = `url("${sprite}")`;
    this.tile.style.backgroundSize = `${this.columns * 100}% ${rows * 100}%`;
    this.rows = rows;
    this.box.append(this.tile, this.head);
    thumb.insertBefore(this.box, this.label);
  }

  show(share) {
    this.at = Math.min(1, Math.max(0, share));
    const index = Math.min(this.tiles - 1, Math.floor(this.at * this.tiles));
    const column = index % this.columns;
    const row = Math.floor(index / this.columns);
    const part = (place, count) => (count > 1 ? (place / (count - 1)) * 100 : 0);
    this.tile.style.backgroundPosition = `${part(column, this.columns)}% ${part(row, this.rows)}%`;
    this.head.style.insetInlineStart = `${this.at * 100}%`;
    if (this.label) this.label.textContent = this.clock;
  }

  get clock() {
    return timecode(this.at * this.seconds).split(".")[0];
  }

  remove() {
    this.box.remove();
    if (this.label) this.label.textContent = this.rest;
  }
}

function scrubOf(thumb) {
  if (shown?.thumb !== thumb) {
    shown?.remove();
    shown = new Scrub(thumb);
  }
  return shown;
}

function rest() {
  shown?.remove();
  shown = null;
}

document.addEventListener("pointermove", (event) => {
  if (event.pointerType !== "mouse" || still.matches) return;
  const thumb = event.target.closest?.(".asset")?.querySelector("[data-sprite]");
  const box = thumb?.getBoundingClientRect();
  if (!box || event.clientY < box.top || event.clientY > box.bottom) return rest();
  scrubOf(thumb).show((event.clientX - box.left) / box.width);
});

document.addEventListener("keydown", (event) => {
  const card = event.target.matches?.(".asset__name") ? event.target.closest(".asset") : null;
  const thumb = card?.querySelector("[data-sprite]");
  if (!thumb) return;
  const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  if (event.key === "Escape") rest();
  if (!step) return;
  event.preventDefault();
  const scrub = scrubOf(thumb);
  scrub.show(scrub.at + step / STEPS);
  announce(scrub.clock);
});
document.addEventListener("focusout", ({ target }) => {
  if (target.matches?.(".asset__name")) rest();
});
document.addEventListener("pointerleave", rest);
