// <found-hits> plays a hit where it stands, from the moment it is said: <button data-play="address" data-start="12.5" data-kind="video">.
// One at a time. Without this the hit's link opens the file's own page at that moment.
import { toast } from "../toast.js";

class FoundHits extends HTMLElement {
  connectedCallback() {
    for (const button of this.querySelectorAll("[data-play]")) {
      button.hidden = false;
      button.setAttribute("aria-expanded", "false");
    }
    this.addEventListener("click", ({ target }) => {
      const button = target.closest("[data-play]");
      if (button) this.toggle(button);
    });
  }

  toggle(button) {
    const wasOpen = button.getAttribute("aria-expanded") === "true";
    this.close();
    if (!wasOpen) this.open(button);
  }

  close() {
    this.querySelector(".found__player")?.remove();
    this.querySelector('[data-play][aria-expanded="true"]')?.setAttribute("aria-expanded", "false");
  }

  open(button) {
    const player = document.createElement(button.dataset.kind === "audio" ? "audio" : "video");
    player.className = "found__player";
    player.controls = true;
    player.playsInline = true;
    player.setAttribute("aria-label", button.getAttribute("aria-label"));
    const start = Number(button.dataset.start);
    player.addEventListener("loadedmetadata", () => (player.currentTime = start), { once: true });
    player.addEventListener("error", () => toast("This file cannot be played here. Open its page, or reload.", "error"), { once: true });
    player.src = button.dataset.play;
    button.closest("li").append(player);
    button.setAttribute("aria-expanded", "true");
    player.play().catch(() => player.focus());
  }
}

customElements.define("found-hits", FoundHits);
