// What people say of sections and clips, and the box to say something.
import { announce, toast } from "./toast.js";

export class CommentsPanel {
  constructor(desk) {
    this.desk = desk;
    this.place = desk.querySelector("[data-comments].scripting__comments");
    this.place.addEventListener("submit", (event) => this.say(event));
    this.place.addEventListener("click", ({ target }) => this.settle(target.closest("[data-settle]")));
  }

  // Threads with comments, and the one that is being begun, clips first.
  draw() {
    const { clips, records, comments } = this.desk;
    const badge = this.desk.querySelector("[data-count-comments]");
    const open = comments.filter(({ resolved_at: resolved }) => !resolved).length;
    badge.hidden = !open;
    badge.textContent = open;
    const threads = [
      ...records.map((record) => ["record", record, record.heading || `Section ${record.index + 1}`]),
      ...clips.map((clip) => ["clip", clip, `Clip ${clip.index + 1}: ${clip.title}`]),
    ].filter(([kind, thing]) => this.isOpen(kind, thing) || this.desk.commentsOn(kind, thing.id).length);
    const known = new Map([...this.place.children].map((element) => [element.dataset.thread, element]));
    const shown = threads.map(([kind, thing, name]) => this.thread(known.get(`${kind}-${thing.id}`), kind, thing, name));
    if (!shown.length) {
      const nothing = document.createElement("p");
      nothing.className = "scripting__empty";
      nothing.textContent = "Nobody has said anything of the script or the cut yet.";
      shown.push(nothing);
    }
    // Where somebody writes stays as it is.
    const focus = document.activeElement;
    this.place.replaceChildren(...shown);
    if (this.place.contains(focus)) focus.focus();
  }

  isOpen(kind, thing) {
    return this.opened === `${kind}-${thing.id}`;
  }

  thread(element, kind, thing, name) {
    const thread = element ?? this.desk.part("comments-of");
    thread.dataset.thread = `${kind}-${thing.id}`;
    thread.dataset.kind = kind;
    thread.dataset.index = thing.index;
    thread.querySelector("[data-thing]").textContent = name;
    thread.querySelector("textarea")?.setAttribute("aria-label", `Comment on ${name}`);
    thread.querySelector("[data-list]").replaceChildren(...this.desk.commentsOn(kind, thing.id).map((comment) => this.row(comment)));
    return thread;
  }

  row(comment) {
    const row = this.desk.part("comment");
    row.id = `comment-${comment.id}`;
    row.dataset.comment = comment.id;
    row.classList.toggle("comment--settled", Boolean(comment.resolved_at));
    row.querySelector("[data-initials]").textContent = initials(comment.user.name);
    row.querySelector("[data-who]").textContent = comment.user.name;
    const when = row.querySelector("[data-when]");
    Object.assign(when, { dateTime: comment.created_at, textContent: new Date(comment.created_at).toLocaleString(undefined, { dateStyle: "short", timeStyle: "short" }) });
    row.querySelector("[data-text]").textContent = comment.content;
    row.querySelector("[data-asked]").hidden = !comment.regeneration_requested;
    const settle = row.querySelector("[data-settle]");
    if (settle) {
      settle.textContent = comment.resolved_at ? "Open again" : "Resolve";
      settle.dataset.resolved = String(Boolean(comment.resolved_at));
      settle.setAttribute("aria-label", `${settle.textContent}: ${comment.content.slice(0, 60)}`);
    }
    return row;
  }

  open(kind, index) {
    const thing = this.desk[`${kind}s`][index];
    if (!thing) return;
    this.opened = `${kind}-${thing.id}`;
    this.draw();
    const thread = this.place.querySelector(`[data-thread="${CSS.escape(this.opened)}"]`);
    thread.scrollIntoView({ block: "nearest" });
    (thread.querySelector("textarea") ?? thread).focus();
  }

  async say(event) {
    event.preventDefault();
    const thread = event.target.closest("[data-thread]");
    const text = thread.querySelector("textarea");
    const content = text.value.trim();
    if (!content) return;
    const { kind, index } = thread.dataset;
    const said = await this.desk.ask(`/api/${kind}s/${this.desk.id_}/${index}/comments`, "POST", { content });
    if (!said) return;
    text.value = "";
    if (said.regeneration_requested) announce("Said. It is being made again.");
    else if (said.reason) toast(said.reason, "error");
    else announce("Said.");
    await this.desk.read("comments");
  }

  async settle(button) {
    const row = button?.closest("[data-comment]");
    if (!row) return;
    const resolved = button.dataset.resolved !== "true";
    if (await this.desk.ask(`/api/script-comments/${row.dataset.comment}`, "PATCH", { resolved })) await this.desk.read("comments");
  }
}

const initials = (name) => name.split(/\s+/).slice(0, 2).map((word) => word[0]?.toUpperCase() ?? "").join("");
