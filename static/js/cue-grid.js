// The table of cues, of which only the rows in sight are in the document. Positions are those of the rows shown: all, or what a filter leaves.
import { speed } from "./cue-rules.js";
import { RowHeights } from "./row-heights.js";
import { writeTimecode } from "./timecode.js";

const BEYOND = 6;
const GUESS = 58;

export class CueGrid {
  // `dress(row, cue, index)` adds what other parts know of the cue; `chosen(index)` says whether it is selected.
  constructor({ scroller, template, dress, chosen }) {
    Object.assign(this, { scroller, template, dress, chosen });
    this.table = scroller.querySelector("table");
    this.body = scroller.querySelector("[data-rows]");
    [this.above, this.below] = scroller.querySelectorAll("[data-space]");
    this.rows = new Map();
    this.seen = new WeakMap();
    this.shown = null;
    this.at = -1;
    this.cues = [];
    this.guess = GUESS;
    scroller.addEventListener("scroll", () => this.later(), { passive: true });
    new ResizeObserver(() => {
      if (scroller.clientWidth !== this.width) {
        this.width = scroller.clientWidth;
        this.heights = new RowHeights(this.count, this.guess);
      }
      this.later();
    }).observe(scroller);
  }

  get count() { return this.shown ? this.shown.length : this.cues.length; }
  index(position) { return this.shown ? this.shown[position] : position; }

  // The place of a cue among the rows shown; -1 where the filter hides it.
  position(index) {
    if (!this.shown) return index < this.cues.length ? index : -1;
    let low = 0;
    let high = this.shown.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.shown[middle] < index) low = middle + 1;
      else high = middle;
    }
    return this.shown[low] === index ? low : -1;
  }

  // Other rows than before: cues came or went, or the filter changed.
  show(cues, shown = null) {
    const count = this.count;
    this.cues = cues;
    this.shown = shown;
    if (!this.heights || this.count !== count || shown) this.heights = new RowHeights(this.count, this.guess);
    this.seen = new WeakMap();
    this.table.setAttribute("aria-rowcount", this.cues.length + 1);
    this.render();
  }

  // The same rows, some of them with other contents.
  refresh(from = 0, to = this.cues.length) {
    for (const row of this.rows.values()) if (row.index >= from && row.index < to) this.seen.delete(row.element);
    this.render();
  }

  later() {
    this.waiting ??= requestAnimationFrame(() => {
      this.waiting = null;
      this.render();
    });
  }

  render() {
    const { scroller, heights } = this;
    if (!heights) return;
    const head = this.table.tHead.offsetHeight;
    const top = Math.max(0, scroller.scrollTop - head);
    const first = Math.max(0, heights.at(top) - BEYOND);
    const last = Math.min(this.count - 1, heights.at(top + scroller.clientHeight) + BEYOND);
    const kept = new Map();
    const elements = [];
    // The row that is selected stays in the document, because the focus of screen readers is on it.
    const focus = this.position(this.at);
    const pin = focus >= 0 && (focus < first || focus > last) ? focus : -1;
    const draw = (position) => {
      const index = this.index(position);
      const cue = this.cues[index];
      const row = this.rows.get(cue.key) ?? { element: this.template.content.firstElementChild.cloneNode(true) };
      row.index = index;
      row.position = position;
      kept.set(cue.key, row);
      elements.push(row.element);
      row.element.setAttribute("aria-selected", String(this.chosen(index)));
      row.element.classList.toggle("cues__at", index === this.at);
      if (this.seen.get(row.element) !== cue || row.element.ariaRowIndex !== String(index + 2)) this.fill(row.element, cue, index);
    };
    if (pin >= 0 && pin < first) draw(pin);
    for (let position = first; position <= last; position++) draw(position);
    if (pin > last) draw(pin);
    this.rows = kept;
    this.place(elements);
    // Heights are read in one go after everything is written.
    let grown = false;
    for (const { element, position } of kept.values()) {
      const height = element.offsetHeight;
      if (height && height !== heights.heights[position]) {
        heights.set(position, height);
        grown = true;
      }
    }
    const over = pin >= 0 && pin < first ? heights.heights[pin] : 0;
    const under = pin > last ? heights.heights[pin] : 0;
    this.above.style.height = `${Math.max(0, heights.top(first) - over)}px`;
    this.below.style.height = `${Math.max(0, heights.top(this.count) - heights.top(last + 1) - under)}px`;
    if (grown && !this.again) {
      this.again = true;
      this.render();
      this.again = false;
    }
  }

  // Rows that stay are not touched, so that no focus and no selection of text is lost.
  place(elements) {
    const wanted = new Set(elements);
    for (const row of [...this.body.children]) if (!wanted.has(row)) row.remove();
    let next = this.body.firstElementChild;
    for (const element of elements) {
      if (element === next) next = next.nextElementSibling;
      else this.body.insertBefore(element, next);
    }
  }

  fill(row, cue, index) {
    this.seen.set(row, cue);
    row.dataset.cue = cue.key;
    row.id = `cue-row-${cue.key}`;
    row.ariaRowIndex = String(index + 2);
    const number = row.querySelector("[data-number]");
    number.textContent = index + 1;
    number.setAttribute("aria-label", `Cue ${index + 1}`);
    writeTimecode(row.querySelector("[data-in]"), cue.start);
    writeTimecode(row.querySelector("[data-out]"), cue.end);
    row.querySelector("[data-length]").textContent = `${(cue.end - cue.start).toFixed(2)} s`;
    const measured = speed(cue);
    row.querySelector("[data-cps]").textContent = Number.isFinite(measured) ? measured.toFixed(1) : "–";
    this.dress(row, cue, index);
  }

  // ---- moving about

  select(index, { scroll = true } = {}) {
    this.at = index;
    const position = this.position(index);
    if (scroll && position >= 0) this.reveal(position);
    this.render();
    // What was only guessed above may have grown while it was drawn.
    if (scroll && position >= 0 && this.reveal(position)) this.render();
    const row = this.rows.get(this.cues[index]?.key)?.element;
    if (row) this.table.setAttribute("aria-activedescendant", row.id);
    else this.table.removeAttribute("aria-activedescendant");
  }

  reveal(position) {
    const { scroller, heights } = this;
    const head = this.table.tHead.offsetHeight;
    const top = heights.top(position);
    const bottom = top + heights.heights[position];
    const room = scroller.clientHeight - head;
    const before = scroller.scrollTop;
    if (top < before) scroller.scrollTop = top;
    else if (bottom > before + room) scroller.scrollTop = bottom - room;
    return scroller.scrollTop !== before;
  }

  // How many rows a page of the keyboard is.
  get page() {
    return Math.max(1, Math.floor(this.scroller.clientHeight / this.guess) - 1);
  }
}
