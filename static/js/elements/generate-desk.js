// <generate-desk data-socket="/ws/<session>" data-stages="/generate/<session>/stages"> keeps the stages of a session up to date. It owns no
// markup: a stage whose data-version has changed is replaced by what the server writes, with the boxes people had ticked left ticked.
import { LiveSocket } from "../live.js";
import { announce } from "../toast.js";

const GATHER = 300;
const PROGRESS = ["image_generation_progress", "clip_generation_progress", "video_composition_progress"];

class GenerateDesk extends HTMLElement {
  connectedCallback() {
    this.socket = new LiveSocket({
      address: this.dataset.socket,
      after: this.dataset.after ? Number(this.dataset.after) : null,
      hear: (event) => this.hear(event),
      poll: () => this.refresh(),
      tell: (connected) => this.toggleAttribute("data-connected", connected),
    });
    this.addEventListener("click", (event) => this.press(event));
    this.refresh();
  }

  disconnectedCallback() {
    this.socket.close();
    clearTimeout(this.gathering);
  }

  hear(event) {
    const name = event.event ?? event.type;
    if (PROGRESS.includes(name)) {
      this.write(event);
      if (event.progress >= 1) this.refresh();
    } else if (name === "generation_failed") {
      announce(event.message);
      this.refresh();
    } else if (name === "take_changed" || name === "session_changed") this.refresh();
  }

  write({ progress, message }) {
    const run = this.querySelector("[data-working]");
    if (!run) return this.refresh();
    run.querySelector("progress").value = Math.round(progress * 100);
    run.querySelector("[data-percent]").textContent = `${Math.round(progress * 100)} %`;
    if (message) run.querySelector("[data-message]").textContent = message;
  }

  refresh() {
    this.gathering ??= setTimeout(() => this.fetch(), GATHER);
  }

  async fetch() {
    try {
      const answer = await fetch(this.dataset.stages, { headers: { Accept: "text/html" }, credentials: "same-origin" });
      if (answer.ok) this.lay(new DOMParser().parseFromString(await answer.text(), "text/html"));
    } finally {
      this.gathering = null;
    }
  }

  lay(page) {
    for (const fresh of page.querySelectorAll("[data-version]")) {
      const old = this.querySelector(`#${CSS.escape(fresh.id)}`);
      if (!old || old.dataset.version === fresh.dataset.version) continue;
      if (old.dataset.holds && this.isTouched(old)) continue;
      this.keepTicks(old, fresh);
      const focused = old.contains(document.activeElement) ? document.activeElement.id : "";
      old.replaceWith(fresh);
      if (focused) fresh.querySelector(`#${CSS.escape(focused)}`)?.focus();
    }
  }

  // What somebody has begun to write is not replaced under their hands; it is when they come back to the page.
  isTouched(part) {
    const fields = part.querySelectorAll("input:not([type=hidden], [type=checkbox]), textarea, select");
    return [...fields].some((field) =>
      field.tagName === "SELECT"
        ? [...field.options].some((option) => option.selected !== option.defaultSelected) && field.value !== field.options[0]?.value
        : field.value !== field.defaultValue,
    );
  }

  keepTicks(old, fresh) {
    for (const box of old.querySelectorAll("input[type=checkbox][name=take]")) {
      const same = fresh.querySelector(`input[name=take][value="${CSS.escape(box.value)}"]`);
      if (same && box.checked !== box.defaultChecked) same.checked = box.checked;
    }
  }

  press(event) {
    const button = event.target.closest("[data-add-title]");
    if (!button) return;
    event.preventDefault();
    const rows = this.querySelector("[data-titles]");
    const count = rows.querySelectorAll("[data-title]").length;
    const row = rows.querySelector("template").content.cloneNode(true);
    for (const field of row.querySelectorAll("[id], [for], [name]")) {
      for (const name of ["id", "for", "name"]) {
        if (field.hasAttribute(name)) field.setAttribute(name, field.getAttribute(name).replace("__n__", String(count)));
      }
    }
    rows.insertBefore(row, rows.querySelector("template"));
    rows.querySelectorAll("[data-title]")[count].querySelector("textarea").focus();
  }
}

customElements.define("generate-desk", GenerateDesk);
