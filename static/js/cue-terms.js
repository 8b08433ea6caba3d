// The client's words: underlined in the source with what they become, listed for the cue one writes, and forbidden ones marked.
import { ask } from "./cue-asking.js";
import { announce } from "./toast.js";
import { plain } from "./vtt.js";

const escaped = (text) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
const alternatives = ({ target }) => target.split(/[;|]/).map((part) => part.trim()).filter(Boolean);
const fits = ({ caseSensitive }, word, found) => !caseSensitive || word === found;

export class CueTerms {
  constructor(desk) {
    this.desk = desk;
    this.sides = {};
    this.tip = desk.querySelector("[data-term-tip]");
    if (!desk.beside.there) return;
    this.load();
    for (const kind of ["pointerover", "focusin"]) desk.addEventListener(kind, ({ target }) => this.point(target.closest?.("[data-term]")));
    desk.grid.scroller.addEventListener("scroll", () => this.point(null), { passive: true });
    desk.addEventListener("keydown", ({ key }) => key === "Escape" && this.point(null));
    desk.addEventListener("click", ({ target }) => {
      const term = target.closest("[data-term]");
      if (term) this.insert(this.all[Number(term.dataset.term)]);
    });
  }

  async load() {
    const { desk } = this;
    const answer = await ask(desk.address(`/terms?lang=${encodeURIComponent(desk.dataset.language)}`)).catch(() => null);
    const terms = answer?.ok ? (answer.body.terms ?? answer.body.items ?? answer.body) : [];
    if (!Array.isArray(terms) || !terms.length) return;
    this.all = terms.map(({ source, target, forbidden, notes, case_sensitive: caseSensitive }, number) => ({ number, source, target, forbidden, notes, caseSensitive, words: alternatives({ target }) }));
    this.sides.source = matcher(this.all.filter(({ forbidden }) => !forbidden).map((term) => [term.source, term]));
    this.sides.target = matcher(this.all.flatMap((term) => term.words.map((word) => [word, term])));
    desk.querySelector("[data-terms-tab]").hidden = false;
    this.drawAll();
    this.drawBox();
    desk.grid.refresh();
    desk.grid.show(desk.list.cues, desk.grid.shown);
  }

  // The text of a row, with its terms as things that can be pointed at.
  write(place, text, side, cue) {
    const found = this.sides[side] ? find(this.sides[side], text) : [];
    if (!found.length) {
      place.textContent = text;
      return;
    }
    const parts = [];
    let at = 0;
    for (const { from, to, term } of found) {
      parts.push(text.slice(at, from), side === "source" ? this.button(term, text.slice(from, to)) : this.mark(term, text.slice(from, to), cue));
      at = to;
    }
    place.replaceChildren(...parts, text.slice(at));
  }

  button(term, words) {
    const button = document.createElement("button");
    button.type = "button";
    button.tabIndex = -1;
    button.className = "term term--button";
    button.dataset.term = term.number;
    button.textContent = words;
    button.setAttribute("aria-label", `${words}: ${term.words[0]}`);
    return button;
  }

  mark(term, words) {
    const span = document.createElement("span");
    span.className = term.forbidden ? "term term--miss" : "term";
    span.textContent = words;
    if (!term.forbidden) return span;
    span.title = `Not to be used${term.notes ? `: ${term.notes}` : ""}`;
    const said = document.createElement("span");
    said.className = "sr";
    said.textContent = " (not to be used)";
    span.append(said);
    return span;
  }

  // ---- pointing

  point(element) {
    if (!this.tip || element === this.pointed) return;
    this.pointed = element;
    if (!element) {
      if (this.tip.matches(":popover-open")) this.tip.hidePopover();
      return;
    }
    const term = this.all[Number(element.dataset.term)];
    this.tip.querySelector("[data-term-target]").textContent = term.words.join(", ");
    const notes = this.tip.querySelector("[data-term-notes]");
    notes.textContent = term.notes ?? "";
    notes.hidden = !term.notes;
    this.tip.showPopover();
    const box = element.getBoundingClientRect();
    const own = this.tip.getBoundingClientRect();
    this.tip.style.left = `${Math.max(8, Math.min(box.left, innerWidth - own.width - 8))}px`;
    this.tip.style.top = `${box.bottom + own.height + 8 > innerHeight ? box.top - own.height - 4 : box.bottom + 4}px`;
  }

  // ---- the cue one writes

  here() {
    const { desk } = this;
    if (!this.sides.source || !desk.cue) return [];
    const terms = new Map(find(this.sides.source, desk.beside.text(desk.cue)).map(({ term }) => [term.number, term]));
    const used = new Set(find(this.sides.target, plain(desk.cue.text)).map(({ term }) => term.number));
    return [...terms.values()].map((term) => ({ term, used: used.has(term.number) }));
  }

  wrong() {
    if (!this.sides.target || !this.desk.cue) return [];
    return find(this.sides.target, plain(this.desk.cue.text)).filter(({ term }) => term.forbidden);
  }

  drawBox() {
    const box = this.desk.querySelector("[data-terms]");
    const list = box?.querySelector("[data-terms-here]");
    if (!list) return;
    const here = this.here();
    const wrong = this.wrong();
    box.hidden = !here.length && !wrong.length;
    const template = this.desk.querySelector("[data-term-row]");
    const row = (term, { used = false, bad = false }) => {
      const item = template.content.firstElementChild.cloneNode(true);
      item.querySelector("[data-from]").textContent = bad ? term.target : term.source;
      item.querySelector("[data-to]").textContent = bad ? "not to be used" : term.words[0];
      item.querySelector("[data-used]").hidden = !used;
      item.querySelector("[data-bad]").hidden = !bad;
      item.querySelector("[data-note]").textContent = term.notes ?? "";
      const button = item.querySelector("[data-put]");
      button.hidden = bad || used || this.desk.readOnly;
      button.dataset.term = term.number;
      button.setAttribute("aria-label", `Insert ${term.words[0]}`);
      return item;
    };
    list.replaceChildren(...here.map(({ term, used }) => row(term, { used })), ...wrong.map(({ term }) => row(term, { bad: true })));
  }

  drawAll() {
    const list = this.desk.querySelector("[data-terms-all]");
    const seen = new Map();
    for (const term of this.all) seen.set(`${term.source} ${term.target}`, term);
    list.replaceChildren(
      ...[...seen.values()].flatMap((term) => {
        const [name, value] = [document.createElement("dt"), document.createElement("dd")];
        name.textContent = term.source;
        value.textContent = term.forbidden ? `not “${term.target}”` : term.words.join(", ");
        value.lang = this.desk.dataset.language;
        if (term.forbidden) value.className = "tone-error";
        return [name, value];
      }),
    );
  }

  insert(term) {
    const { desk } = this;
    if (desk.readOnly || !term || term.forbidden) return;
    const { text } = desk;
    const [from, to] = [text.selectionStart, text.selectionEnd];
    const before = text.value.slice(0, from);
    const after = text.value.slice(to);
    const word = `${before && !/\s$/.test(before) ? " " : ""}${term.words[0]}${after && !/^[\s.,;:!?]/.test(after) ? " " : ""}`;
    desk.change("", (list) => list.put(desk.at, { text: before + word + after }));
    text.focus();
    text.setSelectionRange(before.length + word.length, before.length + word.length);
    announce(`${term.words[0]} inserted.`);
  }

  insertNext() {
    const next = this.here().find(({ used }) => !used);
    next ? this.insert(next.term) : announce("No glossary term is missing here.");
  }
}

// One expression for all words, the longest first.
function matcher(pairs) {
  const words = new Map();
  for (const [word, term] of pairs) {
    const key = word.toLowerCase();
    words.set(key, [...(words.get(key) ?? []), { word, term }]);
  }
  if (!words.size) return null;
  const all = [...words.keys()].sort((one, other) => other.length - one.length).map(escaped);
  return { words, expression: new RegExp(`(?<![\\p{L}\\p{N}])(?:${all.join("|")})(?![\\p{L}\\p{N}])`, "giu") };
}

function find(side, text) {
  if (!side) return [];
  const found = [];
  for (const match of text.matchAll(side.expression)) {
    const fit = (side.words.get(match[0].toLowerCase()) ?? []).find(({ word, term }) => fits(term, word, match[0]));
    if (fit) found.push({ from: match.index, to: match.index + match[0].length, term: fit.term });
  }
  return found;
}
