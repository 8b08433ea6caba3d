// The list of conversations beside the one that is read: search as one types, stars, and on small screens a sheet over the page.
import { asked, dressed, fragment } from "./chat-asking.js";
import { announce, toast } from "./toast.js";

const WAIT = 250;

export class Threads {
  constructor(thread) {
    this.place = thread.querySelector("[data-threads]");
    this.list = this.place.querySelector("[data-threads-list]");
    this.opener = thread.querySelector("[data-threads-open]");
    this.place.querySelector("[data-threads-search]").addEventListener("input", ({ target }) => {
      clearTimeout(this.waiting);
      this.waiting = setTimeout(() => this.find(target.value.trim()), WAIT);
    });
    this.place.addEventListener("click", (event) => {
      const star = event.target.closest("[data-star]");
      if (star) this.star(star);
      if (event.target.closest("[data-threads-close]")) this.open(false);
    });
    this.opener?.addEventListener("click", (event) => {
      event.preventDefault();
      this.open(!this.place.classList.contains("studio__threads--open"));
    });
    this.place.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || !this.place.classList.contains("studio__threads--open")) return;
      event.stopPropagation();
      this.open(false);
    });
  }

  open(on) {
    this.place.classList.toggle("studio__threads--open", on);
    this.opener.setAttribute("aria-expanded", String(on));
    if (on) this.place.querySelector("[data-threads-search]").focus();
    else this.opener.focus();
  }

  async find(words) {
    const parts = await fragment(`${this.list.dataset.source}?${new URLSearchParams({ q: words, here: this.list.dataset.here })}`).catch(() => null);
    if (!parts) return;
    this.list.replaceChildren(...parts);
    dressed(this.list);
    announce(`${this.list.querySelectorAll(".thread").length} conversations`);
  }

  async star(button) {
    const starred = button.getAttribute("aria-pressed") !== "true";
    const done = await asked((words) => toast(words, "error"), `/api/conversations/${button.dataset.star}/star`, { method: "PUT", body: { starred } });
    if (!done) return;
    for (const other of document.querySelectorAll(`[data-star="${button.dataset.star}"]`)) {
      other.setAttribute("aria-pressed", String(done.starred));
      const use = other.querySelector("use");
      use.setAttribute("href", use.getAttribute("href").replace(/#.*/, done.starred ? "#i-star-on" : "#i-star"));
    }
  }
}
