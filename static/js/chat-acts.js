// What may be done with a message and with the conversation: copy, rate, retry, go to another version; title, star, project, deletion.
import { ask, asked, problem } from "./chat-asking.js";
import { announce, toast } from "./toast.js";

const complain = (words) => toast(words, "error");

export class MessageActs {
  constructor(thread) {
    this.thread = thread;
    this.menu = document.querySelector("#retry-menu");
    this.rating = document.querySelector("#rate-dialog");
    for (const button of thread.querySelectorAll("[data-copy]")) button.hidden = !navigator.clipboard;
    thread.addEventListener("click", (event) => this.click(event));
    document.querySelector("#message-acts")?.addEventListener("submit", (event) => this.submit(event));
    this.menu?.addEventListener("click", ({ target }) => {
      const choice = target.closest("[data-retry-with]");
      if (!choice) return;
      this.menu.hidePopover();
      this.retry(this.menu.dataset.message, choice.dataset.retryWith);
    });
    this.rating?.querySelector("form").addEventListener("submit", (event) => this.rate(event));
  }

  click(event) {
    const { target } = event;
    const message = target.closest("[data-message]");
    if (!message) return;
    if (target.closest("[data-copy]")) this.copy(message);
    else if (target.closest("[data-go-on]")) this.goOn();
    else if (target.closest("[data-rate]")) this.askRating(message);
    else if (target.closest("[data-edit]")) {
      event.preventDefault();
      this.thread.composer.edit(message.dataset.message);
    } else if (target.closest("[data-retry]") && this.menu?.querySelectorAll("[data-retry-with]").length > 1) {
      event.preventDefault();
      this.menu.dataset.message = message.dataset.message;
      this.menu.showPopover();
      this.menu.querySelector("button").focus();
    }
  }

  // Without scripts this form goes to the page itself.
  submit(event) {
    event.preventDefault();
    const { name, value } = event.submitter;
    if (!value) return;
    if (name === "retry") this.retry(value);
    else if (name === "stop") this.stop(value);
    else if (name === "show") this.show(value);
  }

  async copy(message) {
    const text = message.querySelector("[data-text]").innerText.trim();
    try {
      await navigator.clipboard.writeText(text);
      toast("Copied.", "ok");
    } catch {
      getSelection().selectAllChildren(message.querySelector("[data-text]"));
      toast("Selected. Press Control and C to copy.");
    }
  }

  async retry(id, model = "") {
    const taken = await asked(complain, `/api/messages/${id}/retry`, { method: "POST", body: model ? { model } : {} });
    if (taken) await this.thread.sent(taken, { branched: true });
  }

  async stop(id) {
    const stopped = await asked(complain, `/api/messages/${id}/stop`, { method: "POST", body: {} });
    if (stopped) this.thread.renew(id);
  }

  async show(id) {
    const shown = await asked(complain, `/api/messages/${id}/show`, { method: "POST", body: {} });
    if (!shown) return;
    await this.thread.renewAll();
    this.thread.message(id)?.querySelector(".msg__turns button:not(:disabled)")?.focus();
  }

  goOn() {
    const { composer } = this.thread;
    composer.set("Go on from where you stopped.");
    composer.send();
  }

  askRating(message) {
    this.rated = message;
    this.rating.querySelector("form").reset();
    this.rating.showModal();
  }

  async rate(event) {
    event.preventDefault();
    const data = new FormData(event.target);
    this.rating.close();
    const body = {
      conversation_id: this.thread.id_,
      message_id: this.rated.dataset.message,
      script_content: this.rated.querySelector("[data-text]").innerText.trim(),
      rating: Number(data.get("rating")),
      feedback: data.get("feedback").trim(),
    };
    if (await asked(complain, "/api/script-feedback", { method: "POST", body })) toast("Thank you. Scripts like the best ones are what new ones learn from.", "ok");
  }
}

// The head of the conversation.
export class ConversationActs {
  constructor(thread) {
    this.thread = thread;
    this.title = thread.querySelector("[data-title-shown]");
    const rename = document.querySelector("#rename-dialog");
    rename?.querySelector("form").addEventListener("submit", (event) => this.rename(event, rename));
    rename?.querySelector("[data-suggest]").addEventListener("click", ({ currentTarget }) => this.suggest(rename, currentTarget));
    const place = document.querySelector("#project-dialog");
    place?.querySelector("form").addEventListener("submit", (event) => this.move(event, place));
    document.querySelector("#delete-dialog form")?.addEventListener("submit", (event) => this.delete(event));
    document.addEventListener("click", ({ target }) => {
      if (target.closest("#conversation-menu [data-opens]")) document.querySelector("#conversation-menu").hidePopover();
    });
  }

  get address() {
    return `/api/conversations/${this.thread.id_}`;
  }

  show(title) {
    this.title.textContent = title;
    document.title = `${title} · Reelwright`;
    for (const part of document.querySelectorAll(`[data-title-of="${this.thread.id_}"]`)) part.textContent = title;
    const box = document.querySelector("#rename-dialog input");
    if (box) box.value = title;
  }

  async rename(event, dialog) {
    event.preventDefault();
    const title = new FormData(event.target).get("title").trim();
    if (!title) return;
    dialog.close();
    if (await asked(complain, this.address, { method: "PUT", body: { title } })) this.show(title);
  }

  async suggest(dialog, button) {
    button.disabled = true;
    button.setAttribute("aria-busy", "true");
    const made = await asked(complain, `${this.address}/generate-title`, { method: "POST", body: {} });
    button.disabled = false;
    button.removeAttribute("aria-busy");
    if (!made) return;
    dialog.close();
    this.show(made.title);
    announce(`The conversation is called ${made.title} now.`);
  }

  async move(event, dialog) {
    event.preventDefault();
    const id = new FormData(event.target).get("project_id") || null;
    dialog.close();
    if (await asked(complain, `${this.address}/project`, { method: "PUT", body: { project_id: id } })) location.reload();
  }

  async delete(event) {
    event.preventDefault();
    const answer = await ask(this.address, { method: "DELETE" }).catch(() => null);
    if (answer?.ok) location.assign("/chat");
    else complain(answer ? problem(answer) : "The studio cannot be reached.");
  }
}
