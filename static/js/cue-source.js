// The source's cues beside a translation's: in each row those that sound while its own does.
import { plain, parse } from "./vtt.js";

const HIDDEN = "reelwright.source-hidden";

export class CueSource {
  constructor(desk) {
    this.desk = desk;
    const content = desk.querySelector("[data-beside]")?.content.textContent;
    this.there = content !== undefined;
    this.cues = this.there ? parse(content).cues : [];
    this.of = new WeakMap();
    if (!this.there) return;
    this.show(!kept());
  }

  // Those that share more than half the time of the shorter of the two. Both lists stand in the order of their starts.
  text(cue) {
    if (!this.there) return "";
    const known = this.of.get(cue);
    if (known !== undefined) return known;
    const { cues } = this;
    let low = 0;
    let high = cues.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (cues[middle].start < cue.start - 30) low = middle + 1;
      else high = middle;
    }
    const found = [];
    for (let index = low; index < cues.length && cues[index].start < cue.end; index++) {
      const other = cues[index];
      if (Math.min(other.end, cue.end) - Math.max(other.start, cue.start) > Math.min(other.end - other.start, cue.end - cue.start) / 2) found.push(plain(other.text));
    }
    this.of.set(cue, found.join("\n"));
    return found.join("\n");
  }

  dress(row, cue) {
    const place = row.querySelector("[data-source]");
    if (!place) return;
    const { terms } = this.desk;
    terms ? terms.write(place, this.text(cue), "source", cue) : (place.textContent = this.text(cue));
  }

  show(on) {
    this.on = on;
    this.desk.toggleAttribute("data-without-source", !on);
    for (const button of this.desk.querySelectorAll("[data-act=source]")) button.setAttribute("aria-pressed", String(on));
  }

  toggle() {
    if (!this.there) return;
    this.show(!this.on);
    try {
      localStorage.setItem(HIDDEN, this.on ? "" : "yes");
    } catch {
      // It holds until the page is left.
    }
    this.desk.grid.show(this.desk.list.cues, this.desk.grid.shown);
  }
}

function kept() {
  try {
    return localStorage.getItem(HIDDEN) === "yes";
  } catch {
    return false;
  }
}
