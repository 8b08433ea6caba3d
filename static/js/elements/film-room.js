// <film-room data-socket data-session data-user data-room> keeps the page of a film as its members change it. It owns no markup: the
// parts are fetched again, so what a member sees live and after a reload is the same.
import { LiveSocket } from "../live.js";

const TYPING_EVERY = 3000;

class FilmRoom extends HTMLElement {
  connectedCallback() {
    this.typed = 0;
    this.socket = new LiveSocket({
      address: this.dataset.socket,
      after: null,
      hear: (event) => this.hear(event),
      poll: () => this.refresh(),
      tell: (connected) => connected && this.join(),
    });
    this.words?.addEventListener("input", () => this.typing());
    this.words?.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      this.words.form.requestSubmit(this.words.form.querySelector("button[value=message]"));
    });
    document.addEventListener("htmx:after:swap", this.swapped);
    this.toEnd();
  }

  disconnectedCallback() {
    this.socket.close();
    document.removeEventListener("htmx:after:swap", this.swapped);
  }

  get words() {
    return this.querySelector("[data-words]");
  }

  swapped = (event) => {
    const target = event.detail?.ctx?.target ?? event.target;
    if (target?.id !== "film-talk") return;
    if (!this.querySelector("#film-talk [role=alert]") && this.words) this.words.value = "";
    this.toEnd();
    this.refresh({ talk: false });
  };

  join() {
    this.socket.send({ type: "join-session", sessionId: this.dataset.session, userId: this.dataset.user });
  }

  typing() {
    if (Date.now() - this.typed < TYPING_EVERY) return;
    this.typed = Date.now();
    this.socket.send({ type: "typing", sessionId: this.dataset.session, userId: this.dataset.user, isTyping: true });
  }

  hear(event) {
    if (event.type === "user-typing") this.tellTyping(event);
    else if (["message-received", "ai-response", "progress-update"].includes(event.type)) this.refresh();
  }

  tellTyping(event) {
    if (event.user.id === this.dataset.user) return;
    const place = this.querySelector("[data-typing]");
    place.textContent = event.isTyping ? `${event.user.name} is writing …` : "";
    clearTimeout(this.forget);
    this.forget = setTimeout(() => (place.textContent = ""), TYPING_EVERY * 2);
  }

  async refresh({ talk = true } = {}) {
    const answer = await fetch(this.dataset.room, { headers: { Accept: "text/html" } });
    if (!answer.ok) return;
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    for (const id of ["film-steps", "film-bible", "film-board", ...(talk ? ["film-talk"] : [])]) {
      const [mine, theirs] = [document.getElementById(id), fresh.getElementById(id)];
      if (!mine || !theirs || mine.contains(document.activeElement)) continue;
      mine.replaceChildren(...theirs.childNodes);
      window.htmx?.process(mine);
    }
    if (talk) this.toEnd();
  }

  toEnd() {
    const scroll = this.querySelector("[data-scroll]");
    if (scroll) scroll.scrollTop = scroll.scrollHeight;
  }
}

customElements.define("film-room", FilmRoom);
