// One answer while it is written: its words as they come, and what it quotes, which plays at once.
import { GrowingText } from "./chat-markdown.js";
import { split } from "./timecode.js";

export class Stream {
  constructor(item) {
    this.item = item;
    this.place = item.querySelector("[data-text]");
    this.text = this.place.dataset.raw ?? "";
    this.sources = new Map();
    this.grown = null;
    for (const source of JSON.parse(this.place.dataset.sources ?? "[]")) this.sources.set(source.n, source);
    if (this.text) this.draw();
  }

  // `at` is where these words begin, so what is heard twice, or in part already stands here, is written once. -> false: something is missing.
  add({ at, text }) {
    if (at > this.text.length) return false;
    if (at + text.length <= this.text.length) return true;
    this.text = this.text.slice(0, at) + text;
    this.soon();
    return true;
  }

  quotes(sources) {
    for (const source of sources) this.sources.set(source.n, source);
    if (this.text) this.soon();
    const doing = this.item.querySelector("[data-doing]");
    if (doing) doing.textContent = sources.length ? `writing, from ${sources.length} quotes` : "writing";
  }

  // As often as the screen is drawn, and where the page is hidden not at all.
  soon() {
    this.frame ??= requestAnimationFrame(() => {
      this.frame = null;
      this.draw();
    });
  }

  draw() {
    this.grown ??= new GrowingText(this.place, (n) => this.cite(n));
    this.grown.write(this.text);
    this.item.dispatchEvent(new CustomEvent("answer-grew", { bubbles: true }));
  }

  close() {
    cancelAnimationFrame(this.frame);
  }

  cite(n) {
    const source = this.sources.get(n);
    const made = document.createElement(source?.asset_id ? "button" : "span");
    made.className = "cite";
    const at = Number.isFinite(source?.start) ? split(source.start)[0] : "";
    made.textContent = at ? `${n} · ${at}` : String(n);
    if (!source?.asset_id) return made;
    made.type = "button";
    Object.assign(made.dataset, { cite: n, asset: source.asset_id, start: source.start ?? "", end: source.end ?? "" });
    made.setAttribute("aria-label", `${made.textContent}, play ${source.title}`);
    return made;
  }
}
