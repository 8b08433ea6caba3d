// What was found: the panel beside the grid, the counts, the filter that leaves only some rows, and the way from one to the next.
import { announce } from "./toast.js";

const MOST_SHOWN = 200;
const WAIT = 180;

export class CueFindings {
  constructor(desk) {
    this.desk = desk;
    this.panel = desk.querySelector("[data-findings]");
    this.template = desk.querySelector("[data-finding]");
    this.shown = "all";
    desk.addEventListener("click", ({ target }) => {
      const filter = target.closest("[data-show]");
      if (filter) this.filter(filter.dataset.show);
    });
  }

  // Many findings take a while to list: after the keys have rested.
  later() {
    clearTimeout(this.waiting);
    this.waiting = setTimeout(() => this.draw(), WAIT);
    this.count();
  }

  draw() {
    clearTimeout(this.waiting);
    const { list } = this.desk;
    const items = [];
    for (let index = 0; index < list.cues.length && items.length < MOST_SHOWN; index++) {
      const cue = list.cues[index];
      for (const finding of list.findings(cue)) items.push(this.item(finding, cue, index));
    }
    this.panel.replaceChildren(...items);
    const all = list.errors + list.warnings;
    this.desk.querySelector("[data-clean]").hidden = all > 0;
    const rest = this.desk.querySelector("[data-findings-rest]");
    rest.hidden = all <= items.length;
    rest.textContent = `The first ${items.length} of ${all}. F8 goes through all of them.`;
    this.count();
    this.mark();
  }

  item({ level, text, why }, cue, index) {
    const item = this.template.content.firstElementChild.cloneNode(true);
    item.querySelector(`[data-flag=${level === "error" ? "warn" : "error"}]`).remove();
    item.querySelector("[data-what]").textContent = text;
    const more = item.querySelector("[data-why]");
    more.textContent = why ?? "";
    more.hidden = !why;
    item.querySelector("[data-where]").textContent = `Cue ${index + 1}`;
    item.dataset.cue = cue.key;
    return item;
  }

  count() {
    const { errors, warnings } = this.desk.list;
    const words = [errors && `${errors} to correct`, warnings && `${warnings} to weigh`].filter(Boolean).join(", ") || "none";
    for (const part of this.desk.querySelectorAll("[data-errors]")) part.textContent = words;
    for (const part of this.desk.querySelectorAll("[data-count]")) part.textContent = errors + warnings;
    for (const part of this.desk.querySelectorAll("[data-badge]")) part.className = `badge ${errors ? "badge--error" : warnings ? "badge--warn" : "badge--ok"}`;
  }

  mark() {
    const key = this.desk.cue?.key;
    for (const item of this.panel.children) item.classList.toggle("finding--on", Number(item.dataset.cue) === key);
  }

  // ---- only some rows

  filter(shown) {
    this.shown = shown;
    for (const button of this.desk.querySelectorAll("[data-show]")) button.setAttribute("aria-pressed", String(button.dataset.show === shown));
    this.sift();
    const count = this.desk.grid.count;
    if (shown !== "all") announce(`${count} ${count === 1 ? "cue" : "cues"} shown`);
  }

  // The cue one is at stays in sight: what was just corrected does not vanish under one's hands.
  sift() {
    const { desk } = this;
    const { list, grid } = desk;
    const tests = {
      findings: (cue) => list.found.has(cue.key),
      open: (cue) => !desk.review?.isReviewed(cue),
      comments: (cue) => desk.review?.openComments(cue).length > 0,
    };
    const test = tests[this.shown];
    const shown = test ? list.cues.flatMap((cue, index) => (test(cue, index) || index === desk.at ? [index] : [])) : null;
    grid.at = desk.at;
    grid.show(list.cues, shown);
  }

  next(step) {
    const { desk } = this;
    const { cues, found } = desk.list;
    for (let n = 1; n <= cues.length && found.size; n++) {
      const index = (desk.at + step * n + cues.length * n) % cues.length;
      if (!found.has(cues[index].key)) continue;
      desk.select(index);
      if (document.activeElement !== desk.text) desk.text.focus();
      return announce(`Cue ${index + 1}: ${found.get(cues[index].key).map(({ text }) => text).join(", ")}`);
    }
    announce("No findings.");
  }
}
