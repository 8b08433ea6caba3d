// <voice-preview data-url data-client> plays what its form asks for in place; without scripts the form opens the sound by itself.
// With data-asks="query" the wish goes along in the address.
import { csrf } from "../forms.js";

class VoicePreview extends HTMLElement {
  connectedCallback() {
    this.addEventListener("submit", (event) => {
      if (event.submitter?.dataset.listens === undefined && !event.target.matches("[target='_blank']")) return;
      event.preventDefault();
      this.listen(event.target, event.submitter);
    });
  }

  async listen(form, button) {
    const fields = new FormData(form);
    const wish = { text: fields.get("text"), voice: fields.get("voice"), language: fields.get("language") };
    if (this.dataset.client) wish.client_id = this.dataset.client;
    button.disabled = true;
    this.tell("Speaking…");
    try {
      const answer = await this.ask(wish);
      const heard = await answer.json();
      if (answer.ok) this.play(heard);
      else this.tell([heard.details?.issue, heard.detail, heard.message].find((said) => typeof said === "string") ?? "This cannot be spoken.");
    } catch {
      this.tell("The studio could not be reached. Try again.");
    } finally {
      button.disabled = false;
    }
  }

  ask(wish) {
    if (this.dataset.asks === "query") {
      const query = new URLSearchParams({ text: wish.text, language: wish.language });
      return fetch(`${this.dataset.url}?${query}`, { headers: { Accept: "application/json" } });
    }
    return fetch(this.dataset.url, {
      method: "POST",
      headers: { Accept: "application/json", "Content-Type": "application/json", "X-CSRFToken": csrf() },
      body: JSON.stringify(wish),
    });
  }

  play(heard) {
    const player = this.querySelector("audio");
    player.src = heard.audio_url;
    player.hidden = false;
    // Browsers that want a second press before there is sound show the player, which has a button.
    player.play().catch(() => {});
    this.tell(heard.voice ? `Spoken by ${heard.voice} (${heard.engine})` : `${heard.duration_seconds.toFixed(1)} s, spoken by a machine`);
  }

  tell(text) {
    this.querySelector("[data-said]").textContent = text;
  }
}

customElements.define("voice-preview", VoicePreview);
