// Who takes part, who is here, and who is writing.
import { ask, asked, fragment, dressed } from "./chat-asking.js";
import { announce, toast } from "./toast.js";

const complain = (words) => toast(words, "error");
const STILL_TYPING = 6000;

export class People {
  constructor(thread) {
    Object.assign(this, { thread, here: new Set(), writing: new Map() });
    this.dialog = document.querySelector("#people-dialog");
    this.line = thread.querySelector("[data-typing]");
    if (!this.dialog) return;
    this.dialog.addEventListener("input", ({ target }) => target.matches("[data-people-search]") && this.search(target.value));
    this.dialog.addEventListener("change", ({ target }) => target.matches("[data-role-of]") && this.setRole(target));
    this.dialog.addEventListener("click", ({ target }) => this.click(target));
  }

  get address() {
    return `/api/conversations/${this.thread.id_}`;
  }

  search(words) {
    clearTimeout(this.waiting);
    this.waiting = setTimeout(() => this.find(words.trim()), 200);
  }

  async find(words) {
    const list = this.dialog.querySelector("[data-people-found]");
    const status = this.dialog.querySelector("[data-people-status]");
    if (!words) {
      list.replaceChildren();
      status.textContent = "";
      return;
    }
    const found = await asked(complain, `/api/users/search?q=${encodeURIComponent(words)}`);
    const present = new Set([...this.dialog.querySelectorAll("[data-person]")].map(({ dataset }) => dataset.person));
    const people = (found?.users ?? []).filter(({ id }) => !present.has(id));
    status.textContent = people.length ? `${people.length} found` : "Nobody else whom you work with is called that.";
    list.replaceChildren(
      ...people.map(({ id, name, email }) => {
        const item = document.createElement("li");
        item.className = "rows__item";
        const who = document.createElement("span");
        who.className = "grow";
        who.textContent = name ? `${name}, ${email}` : email;
        const button = document.createElement("button");
        Object.assign(button, { type: "button", className: "btn btn--s", textContent: "Invite" });
        button.dataset.invite = id;
        button.setAttribute("aria-label", `Invite ${name || email}`);
        item.append(who, button);
        return item;
      }),
    );
  }

  async click(target) {
    const invite = target.closest("[data-invite]");
    const remove = target.closest("[data-remove]");
    if (invite) {
      const role = this.dialog.querySelector("[data-new-role]").value;
      const done = await asked(complain, `${this.address}/invite`, { method: "POST", body: { user_ids: [invite.dataset.invite], role } });
      if (!done) return;
      announce("Invited.");
      invite.closest("li").remove();
      this.renew();
    } else if (remove) {
      if ((await ask(`${this.address}/participants/${remove.dataset.remove}`, { method: "DELETE" })).ok) this.renew();
      else complain("That did not work.");
    } else if (target.closest("[data-leave]")) {
      if (await asked(complain, `${this.address}/leave`, { method: "POST", body: {} })) location.assign("/chat");
    }
  }

  async setRole(select) {
    const done = await asked(complain, `${this.address}/participants/${select.dataset.roleOf}`, { method: "PATCH", body: { role: select.value } });
    if (!done) return this.renew();
    announce("The role is changed.");
  }

  async renew() {
    const parts = await fragment(`/chat/${this.thread.id_}/people`);
    // Nobody of them any more: the page says so itself.
    if (!parts) return location.reload();
    for (const part of parts) {
      const old = document.getElementById(part.id);
      old?.replaceWith(part);
      dressed(part);
    }
    this.showHere();
  }

  // people: [{id, name}] with this page open.
  present(people) {
    const now = new Set(people.map(({ id }) => id));
    for (const { id, name } of people) if (id !== this.thread.dataset.me && !this.here.has(id) && this.known) announce(`${name} is here.`);
    this.here = now;
    this.known = true;
    this.showHere();
  }

  showHere() {
    for (const avatar of this.thread.querySelectorAll("[data-avatar]")) {
      const on = this.here.has(avatar.dataset.avatar) && avatar.dataset.avatar !== this.thread.dataset.me;
      avatar.classList.toggle("avatar--here", on);
      avatar.setAttribute("aria-label", on ? `${avatar.dataset.name}, here now` : avatar.dataset.name);
    }
  }

  typing({ id, name }, on) {
    if (id === this.thread.dataset.me) return;
    clearTimeout(this.writing.get(id)?.timer);
    if (on) this.writing.set(id, { name, timer: setTimeout(() => this.typing({ id, name }, false), STILL_TYPING) });
    else this.writing.delete(id);
    const names = [...this.writing.values()].map((one) => one.name);
    this.line.textContent = names.length ? `${new Intl.ListFormat("en").format(names)} ${names.length > 1 ? "are" : "is"} writing…` : "";
  }
}
