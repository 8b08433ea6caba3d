// Who else has this text open, and at which cue: asked now and then, and soon after one moves on.
import { csrf } from "./forms.js";
import { announce } from "./toast.js";

const EVERY = 10_000;
const SOON = 1500;

export class CuePresence {
  constructor(desk) {
    this.desk = desk;
    this.place = desk.querySelector("[data-present]");
    this.template = desk.querySelector("[data-somebody]");
    this.names = new Set();
    desk.addEventListener("desk-selected", () => this.soon());
    addEventListener("pagehide", () => this.ask({ leaves: "yes" }).catch(() => {}));
    this.soon();
  }

  soon(wait = SOON) {
    if (this.waiting && wait !== SOON) return;
    clearTimeout(this.waiting);
    this.waiting = setTimeout(() => this.look(), wait);
  }

  ask(more = {}) {
    const body = new URLSearchParams({ cue: String(this.desk.at), ...more });
    return fetch(this.desk.dataset.here, { method: "POST", keepalive: true, headers: { "X-CSRFToken": csrf() }, body });
  }

  async look() {
    this.waiting = null;
    if (document.visibilityState === "visible") {
      try {
        const answer = await this.ask();
        if (answer.ok) this.draw((await answer.json()).people);
      } catch {
        this.draw([]); // Out of reach: nobody is known to be here.
      }
    }
    this.soon(EVERY);
  }

  draw(people) {
    this.place.replaceChildren(
      ...people.map(({ name, initials, cue }) => {
        const avatar = this.template.content.firstElementChild.cloneNode(true);
        avatar.textContent = initials;
        avatar.title = cue === null ? `${name} is here` : `${name} is here, cue ${cue + 1}`;
        avatar.setAttribute("aria-label", avatar.title);
        return avatar;
      }),
    );
    for (const { name } of people) if (!this.names.has(name)) announce(`${name} is here as well.`);
    this.names = new Set(people.map(({ name }) => name));
  }
}
