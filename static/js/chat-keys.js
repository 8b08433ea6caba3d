// Keys of the page; `?` lists them. Keys that write are left to the box.
export class ChatKeys {
  constructor(thread) {
    this.thread = thread;
    this.dialog = document.querySelector("#keys-dialog");
    document.addEventListener("keydown", (event) => this.key(event));
  }

  key(event) {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open], :popover-open")) return;
    if (event.key === "Escape") return this.stop(event);
    if (event.target.matches("input, textarea, select, [contenteditable]") || event.target.closest("media-player, .inline-player")) return;
    const act = { "?": () => this.dialog.showModal(), "/": () => this.write(), c: () => location.assign("/chat"), j: () => this.go(1), k: () => this.go(-1) }[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  }

  stop(event) {
    const writing = this.thread.composer.form && this.thread.writing;
    if (!writing) return;
    event.preventDefault();
    this.thread.acts.stop(writing);
  }

  write() {
    this.thread.composer.say?.focus();
  }

  go(step) {
    const all = [...this.thread.querySelectorAll("[data-message]")];
    const at = all.indexOf(document.activeElement.closest("[data-message]"));
    const next = all.at(at < 0 ? (step > 0 ? 0 : -1) : Math.min(all.length - 1, Math.max(0, at + step)));
    if (!next) return;
    next.tabIndex = -1;
    next.focus();
    next.scrollIntoView({ block: "nearest" });
  }
}
