// The box one writes in: keys, drafts, editing what was sent, and sending without leaving the page.
import { asked } from "./chat-asking.js";
import { Attachments } from "./chat-attachments.js";
import { LibraryPicker } from "./chat-library.js";
import { csrf } from "./forms.js";
import { announce } from "./toast.js";

const TYPING_EVERY = 3000;

export class Composer {
  constructor(thread) {
    this.thread = thread;
    this.form = thread.querySelector("[data-composer]");
    if (!this.form) return;
    this.say = this.form.querySelector("[data-say]");
    this.edits = this.form.querySelector("[data-edits]");
    this.options = this.form.querySelector("[data-options]");
    this.options.popover = "auto";
    this.attachments = new Attachments(thread, this.form);
    this.picker = new LibraryPicker(this);
    this.draftKey = `reelwright.draft:${thread.id_ || "new"}`;
    if (!this.say.value && !this.edits.value) this.say.value = sessionStorage.getItem(this.draftKey) ?? "";
    this.fit();
    this.listen();
  }

  listen() {
    this.say.addEventListener("input", () => {
      this.fit();
      if (!this.edits.value) sessionStorage.setItem(this.draftKey, this.say.value);
      this.tellTyping();
    });
    this.say.addEventListener("keydown", (event) => this.key(event));
    this.form.addEventListener("submit", (event) => {
      if (event.submitter?.matches("[data-stop]")) return;
      if (this.attachments.busy) {
        event.preventDefault();
        return announce("Files are still on their way.");
      }
      if (!this.thread.id_) return sessionStorage.removeItem(this.draftKey);
      event.preventDefault();
      this.send();
    });
    this.options.addEventListener("change", () => this.prefer());
    this.form.querySelector("[data-edit-cancel]").addEventListener("click", (event) => {
      event.preventDefault();
      this.endEdit();
    });
  }

  key(event) {
    if (this.picker.key(event) || event.isComposing) return;
    if (event.key === "Enter" && !event.shiftKey && !event.altKey) {
      event.preventDefault();
      this.form.requestSubmit(this.form.querySelector("[data-send]"));
    } else if (event.key === "Escape" && this.edits.value) {
      event.preventDefault();
      event.stopPropagation();
      this.endEdit();
    } else if (event.key === "ArrowUp" && !this.say.value) {
      const mine = [...this.thread.querySelectorAll('[data-message][data-role="user"]:has([data-edit])')].at(-1);
      if (!mine) return;
      event.preventDefault();
      this.edit(mine.dataset.message);
    }
  }

  fit() {
    this.say.rows = Math.min(12, Math.max(2, this.say.value.split("\n").length, Math.ceil(this.say.value.length / 70)));
  }

  set(text) {
    this.say.value = text;
    this.say.dispatchEvent(new Event("input", { bubbles: true }));
    this.say.focus();
  }

  // What people write is shown as they wrote it, so it is read from there.
  edit(id) {
    const text = this.thread.message(id).querySelector("[data-text]").textContent;
    this.kept ??= this.say.value;
    this.edits.value = id;
    this.form.querySelector("[data-editing]").hidden = false;
    this.set(text);
    announce("Editing your message. Escape leaves it as it was.");
  }

  endEdit() {
    this.edits.value = "";
    this.form.querySelector("[data-editing]").hidden = true;
    this.set(this.kept ?? "");
    this.kept = null;
  }

  values() {
    const data = new FormData(this.form);
    return {
      content: this.say.value.trim(),
      model: data.get("model") ?? "",
      intent: data.get("intent") ?? "",
      repeats_clips: data.has("repeats_clips"),
      attachment_ids: this.attachments.ids,
    };
  }

  async send() {
    const { content, ...rest } = this.values();
    if (!content || this.sending) return;
    this.sending = true;
    this.complain("");
    const edits = this.edits.value;
    const body = edits ? { content, model: rest.model, intent: rest.intent } : { content, ...rest };
    const address = edits ? `/api/messages/${edits}/edit` : `/api/conversations/${this.thread.id_}/messages`;
    const taken = await asked((text) => this.complain(text), address, { method: "POST", body });
    this.sending = false;
    // What was refused stays in the box.
    if (!taken) return this.say.focus();
    if (edits) this.endEdit();
    else {
      this.attachments.clear();
      this.set("");
    }
    sessionStorage.removeItem(this.draftKey);
    await this.thread.sent(taken, { branched: Boolean(edits) });
  }

  // In whose voice, and whether clips come again: kept with the conversation as soon as it is chosen.
  async prefer() {
    if (!this.thread.id_) return;
    const data = new FormData(this.form);
    const body = new FormData();
    for (const name of ["persona", "repeats_clips"]) if (data.get(name)) body.set(name, data.get(name));
    const answer = await fetch(`/chat/${this.thread.id_}/options`, { method: "POST", headers: { "X-CSRFToken": csrf() }, body, redirect: "manual" }).catch(() => null);
    announce(answer && answer.type === "opaqueredirect" ? "Kept for this conversation." : "That could not be kept.");
  }

  complain(text) {
    this.form.querySelector("[data-problem]")?.remove();
    if (!text) return;
    const note = document.querySelector("#problem-template").content.firstElementChild.cloneNode(true);
    note.querySelector("p").textContent = text;
    this.form.prepend(note);
  }

  writing(id) {
    const bar = this.form?.querySelector("[data-writing]");
    if (!bar) return;
    bar.hidden = !id;
    bar.querySelector("[data-stop]").value = id ?? "";
    clearInterval(this.clock);
    if (!id) return;
    const began = Date.now();
    const words = bar.querySelector("[data-writing-words]");
    const show = () => (words.textContent = `Writing, ${Math.round((Date.now() - began) / 1000)} s`);
    show();
    this.clock = setInterval(show, 1000);
  }

  tellTyping() {
    const typing = Boolean(this.say.value);
    if (typing === this.typing && Date.now() - (this.toldAt ?? 0) < TYPING_EVERY) return;
    this.typing = typing;
    this.toldAt = Date.now();
    this.thread.socket?.send({ type: "typing", is_typing: typing });
  }
}
