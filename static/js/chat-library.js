// `#` in the box, or the library button: a list of what the library holds, narrowed as one types; what is picked goes along as a chip.
import { ask } from "./chat-asking.js";
import { lasting } from "./timecode.js";

const WAIT = 180;
const HASH = /(^|\s)#([^\s#]*)$/;

export class LibraryPicker {
  constructor(composer) {
    this.composer = composer;
    const { form, say } = composer;
    this.box = form.querySelector("[data-pick]");
    this.list = form.querySelector("[data-pick-list]");
    this.status = form.querySelector("[data-pick-status]");
    say.setAttribute("aria-autocomplete", "list");
    say.setAttribute("aria-controls", this.list.id);
    say.addEventListener("input", () => this.look());
    say.addEventListener("blur", () => setTimeout(() => this.close(), 150));
    form.querySelector("[data-library]").addEventListener("click", () => {
      const before = say.value.slice(0, say.selectionStart);
      say.setRangeText(/(^|\s)$/.test(before) ? "#" : " #", say.selectionStart, say.selectionEnd, "end");
      say.focus();
      this.look();
    });
    this.list.addEventListener("pointerdown", (event) => {
      const option = event.target.closest("[role=option]");
      if (!option) return;
      event.preventDefault();
      this.pick(option);
    });
  }

  get asked() {
    const { say } = this.composer;
    return say.value.slice(0, say.selectionStart).match(HASH)?.[2] ?? null;
  }

  look() {
    clearTimeout(this.waiting);
    if (this.asked === null) return this.close();
    this.waiting = setTimeout(() => this.find(this.asked), WAIT);
  }

  async find(words) {
    if (words === null) return;
    const query = new URLSearchParams({ q: words, size: "8" });
    const answer = await ask(`/api/library/assets?${query}`).catch(() => null);
    if (this.asked !== words) return;
    const found = answer?.ok ? answer.body.items : [];
    this.list.replaceChildren(...found.map((asset, index) => this.option(asset, index)));
    this.status.textContent = answer?.ok ? (found.length ? "" : "Nothing in the library is called that.") : "The library cannot be reached.";
    this.box.hidden = false;
    this.mark(0);
  }

  option(asset, index) {
    const made = document.createElement("li");
    made.className = "menu__item";
    made.id = `pick-${index}`;
    made.setAttribute("role", "option");
    made.asset = asset;
    const words = document.createElement("span");
    words.className = "truncate";
    words.textContent = asset.name;
    const beside = document.createElement("span");
    beside.className = "meta";
    beside.textContent = [asset.kind, asset.duration && lasting(asset.duration)].filter(Boolean).join(", ");
    made.append(words, beside);
    return made;
  }

  mark(index) {
    const options = [...this.list.children];
    this.at = options.length ? (index + options.length) % options.length : -1;
    options.forEach((option, place) => option.setAttribute("aria-selected", String(place === this.at)));
    if (this.at >= 0) this.composer.say.setAttribute("aria-activedescendant", options[this.at].id);
    else this.composer.say.removeAttribute("aria-activedescendant");
    options[this.at]?.scrollIntoView({ block: "nearest" });
  }

  // -> whether the key was for the list.
  key(event) {
    if (this.box.hidden) return false;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) this.mark(this.at + step);
    else if (event.key === "Escape") this.close();
    else if ((event.key === "Enter" || event.key === "Tab") && this.at >= 0) this.pick(this.list.children[this.at]);
    else return false;
    event.preventDefault();
    event.stopPropagation();
    return true;
  }

  pick({ asset }) {
    const { say, attachments } = this.composer;
    const end = say.selectionStart;
    const start = end - (this.asked?.length ?? 0) - 1;
    say.setRangeText("", Math.max(0, start), end, "end");
    this.close();
    say.focus();
    attachments.pick(asset);
  }

  close() {
    clearTimeout(this.waiting);
    this.box.hidden = true;
    this.composer.say.removeAttribute("aria-activedescendant");
  }
}
