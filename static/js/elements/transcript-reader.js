// <transcript-reader>: the words follow the player; a click plays from a word; selected words become a clip, a quote or a correction.
// The page's own links and forms do the same without it.
import { announce, toast } from "../toast.js";
import { timecode, writeTimecode } from "../timecode.js";
import { Editing } from "../transcript-editing.js";
import { fragment, send } from "../transcript-saving.js";
import { timesOf, Words } from "../transcript-words.js";

// Who has scrolled reads; after so long the words follow the player again.
const READING = 4000;

class TranscriptReader extends HTMLElement {
  connectedCallback() {
    if (this.words) return;
    this.list = this.querySelector("[data-words]");
    this.list.classList.add("words--live");
    this.words = new Words(this.list);
    this.bar = this.querySelector("[data-selected]");
    this.mayChange = "mayChange" in this.dataset;
    this.editing = this.mayChange ? new Editing(this) : null;
    for (const part of this.querySelectorAll("[data-with-script]")) part.hidden = false;
    this.controller = new AbortController();
    this.listen({ signal: this.controller.signal });
    this.follow();
    this.arrive();
  }

  disconnectedCallback() {
    this.controller?.abort();
  }

  listen(options) {
    this.list.addEventListener("click", (event) => this.click(event), options);
    this.list.addEventListener("keydown", (event) => this.key(event), options);
    for (const kind of ["wheel", "touchmove", "pointerdown"]) {
      this.list.addEventListener(kind, () => (this.readUntil = performance.now() + READING), { ...options, passive: true });
    }
    document.addEventListener("selectionchange", () => this.select(), options);
    document.addEventListener("keydown", (event) => this.keyAnywhere(event), options);
    // A press on the bar must not take the selection away.
    this.bar.addEventListener("pointerdown", (event) => event.preventDefault(), options);
    this.bar.addEventListener("click", (event) => this.act(event.target.closest("[data-act]")?.dataset.act), options);
    const find = this.querySelector("[data-find]");
    find.addEventListener("input", () => this.find(find.value), options);
    find.addEventListener("keydown", (event) => {
      if (event.key === "Enter") this.step(event.shiftKey ? -1 : 1);
      else if (event.key === "Escape") this.list.focus();
    }, options);
    for (const button of this.querySelectorAll("[data-find-step]")) {
      button.addEventListener("click", () => this.step(Number(button.dataset.findStep)), options);
    }
    this.querySelector("[data-undo]")?.addEventListener("submit", (event) => {
      event.preventDefault();
      this.undo();
    }, options);
    this.listenToClip(options);
  }

  // The page may put another player in the place of the one there was.
  get player() {
    const found = document.querySelector("media-player");
    if (found && found !== this.heard) {
      this.heard = found;
      found.addEventListener("player-time", ({ detail }) => this.show(detail.time), { signal: this.controller.signal });
    }
    return found;
  }

  follow() {
    void this.player;
    this.looking = setInterval(() => (this.isConnected ? void this.player : clearInterval(this.looking)), 1000);
  }

  // From a link to a moment or a line.
  arrive() {
    const asked = new URLSearchParams(location.search).get("t");
    const { turn } = asked ? this.words.at(Number(asked)) : {};
    if (turn && !location.hash) this.bring(turn);
  }

  show(time) {
    const { turn = null, word = null } = this.words.at(time);
    if (word !== this.now) {
      this.now?.classList.remove("w--now");
      word?.classList.add("w--now");
      this.now = word;
    }
    if (turn === this.turnNow) return;
    this.turnNow?.classList.remove("words__turn--on");
    turn?.classList.add("words__turn--on");
    this.turnNow = turn;
    const busy = performance.now() < (this.readUntil ?? 0) || this.editing?.open || this.selected;
    if (turn && !busy && this.player?.playing) this.bring(turn);
  }

  // Inside the list alone: the page itself stays where it is.
  bring(element) {
    const box = this.list.getBoundingClientRect();
    const place = element.getBoundingClientRect();
    if (place.top >= box.top && place.bottom <= box.bottom) return;
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    const top = this.list.scrollTop + place.top - box.top - box.height / 3;
    this.list.scrollTo({ top, behavior: calm || Math.abs(top - this.list.scrollTop) > 2 * box.height ? "instant" : "smooth" });
  }

  click(event) {
    const { target } = event;
    if (target.closest("form")) return;
    const word = target.closest(".w");
    const turn = target.closest(".words__turn");
    if (target.closest("[data-fix]")) {
      event.preventDefault();
      this.editing?.edit([turn]);
    } else if (target.closest("[data-speaker-of]")) {
      event.preventDefault();
      this.editing?.askWho(turn);
    } else if (target.closest("[data-go]")) {
      event.preventDefault();
      this.play(Number(turn.dataset.start) / 1000);
    } else if (word && getSelection().isCollapsed) {
      this.cursor = word;
      this.play(timesOf(word)[0]);
    }
  }

  play(seconds) {
    const { player } = this;
    if (!player) return;
    this.readUntil = 0;
    player.currentTime = seconds + 0.001;
    player.play();
  }

  // The place of whoever works by keyboard.
  get cursor() {
    return this.at?.isConnected ? this.at : (this.now ?? this.words.first());
  }
  set cursor(word) {
    this.at?.classList.remove("w--cursor");
    this.at = word;
  }

  key(event) {
    if (event.target !== this.list || event.ctrlKey || event.metaKey || event.altKey) return;
    const word = this.cursor;
    const ways = {
      ArrowRight: () => this.words.beside(word, 1),
      ArrowLeft: () => this.words.beside(word, -1),
      ArrowDown: () => this.words.along(word, 1),
      ArrowUp: () => this.words.along(word, -1),
      ".": () => this.now ?? word,
    };
    const acts = { Enter: "play", m: "clip", c: "copy", e: "fix", s: "speaker" };
    if (word && ways[event.key]) {
      event.preventDefault();
      const next = ways[event.key]() ?? word;
      if (event.shiftKey) this.extend(word, next);
      else {
        this.anchor = null;
        getSelection().removeAllRanges();
      }
      this.cursor = next;
      next.classList.add("w--cursor");
      this.bring(next);
      announce(next.textContent);
    } else if (word && acts[event.key.toLowerCase()]) {
      event.preventDefault();
      // The browser tells of a new selection later; keys come at once.
      this.select();
      if (!this.selected) {
        getSelection().setBaseAndExtent(word, 0, word, word.childNodes.length);
        this.select();
      }
      this.act(acts[event.key.toLowerCase()]);
    } else if (event.key === " ") {
      event.preventDefault();
      this.player?.toggle();
    }
  }

  extend(from, to) {
    this.anchor ??= from;
    const after = this.anchor.compareDocumentPosition(to) & Node.DOCUMENT_POSITION_FOLLOWING || this.anchor === to;
    if (after) getSelection().setBaseAndExtent(this.anchor, 0, to, to.childNodes.length);
    else getSelection().setBaseAndExtent(this.anchor, this.anchor.childNodes.length, to, 0);
  }

  keyAnywhere(event) {
    if (event.target.matches("input, textarea, select") || event.altKey || document.querySelector("dialog[open]")) return;
    if (event.key === "?") this.querySelector("[data-keys]").showModal();
    else if (event.key === "/") this.querySelector("[data-find]").focus();
    else if ((event.ctrlKey || event.metaKey) && event.key === "z" && this.mayChange) this.undo();
    else if (event.key === "Escape" && this.selected) getSelection().removeAllRanges();
    else return;
    event.preventDefault();
  }

  select() {
    const selection = getSelection();
    const range = selection.rangeCount && !selection.isCollapsed ? selection.getRangeAt(0) : null;
    const ours = range && this.list.contains(range.commonAncestorContainer) && !range.commonAncestorContainer.parentElement?.closest("form");
    this.selected = ours ? this.words.within(range) : null;
    this.bar.hidden = !this.selected;
    if (!this.selected) return;
    const { first, last } = this.selected;
    this.selected.start = timesOf(first)[0];
    this.selected.end = timesOf(last)[1];
    this.selected.count = this.words.between(first, last).length;
    writeTimecode(this.bar.querySelector("[data-from]"), this.selected.start);
    writeTimecode(this.bar.querySelector("[data-to]"), this.selected.end);
    const { count, start, end } = this.selected;
    this.bar.querySelector("[data-amount]").textContent = `${(end - start).toFixed(1)} s, ${count} ${count === 1 ? "word" : "words"}`;
  }

  // What is selected, as it is written.
  quote() {
    const lines = [];
    let line = null;
    for (const word of this.words.between(this.selected.first, this.selected.last)) {
      const turn = word.closest(".words__turn");
      if (line?.turn !== turn) lines.push((line = { turn, text: "" }));
      line.text += word.textContent + (word.nextSibling?.nodeType === 3 ? word.nextSibling.textContent : "");
    }
    return lines.map(({ text }) => text.trim()).join(" ");
  }

  async act(act) {
    if (!act || !this.selected) return;
    const { start, end, turns } = this.selected;
    if (act === "play") this.play(start);
    else if (act === "fix") this.editing?.edit(turns);
    else if (act === "speaker") this.editing?.askWho(turns[0], turns);
    else if (act === "clip") this.askForClip();
    else if (act === "copy") {
      const name = this.speakerOf(turns[0]);
      const text = `“${this.quote()}”${name ? ` – ${name}` : ""} [${timecode(start)} – ${timecode(end)}]`;
      try {
        await navigator.clipboard.writeText(text);
        toast("Copied.", "ok");
      } catch {
        toast("The browser does not let us copy. Press Control and C.", "error");
      }
    }
  }

  // The name stands where a speaker begins.
  speakerOf(turn) {
    for (let before = turn; before; before = before.previousElementSibling) {
      const name = before.querySelector(".words__who");
      if (name) return name.textContent.trim();
    }
    return "";
  }

  find(text) {
    for (const word of this.list.querySelectorAll(".w--hit")) word.classList.remove("w--hit", "w--found");
    this.hits = this.words.find(text);
    for (const hit of this.hits) for (const word of hit) word.classList.add("w--hit");
    this.hit = -1;
    this.step(1, text);
  }

  step(by, text = this.querySelector("[data-find]").value) {
    const count = this.querySelector("[data-find-count]");
    if (!this.hits?.length) {
      count.textContent = text.trim() ? "None" : "";
      return;
    }
    for (const word of this.hits[this.hit] ?? []) word.classList.remove("w--found");
    this.hit = (this.hit + by + this.hits.length) % this.hits.length;
    for (const word of this.hits[this.hit]) word.classList.add("w--found");
    [this.cursor] = this.hits[this.hit];
    this.bring(this.hits[this.hit][0]);
    count.textContent = `${this.hit + 1} of ${this.hits.length}`;
  }

  askForClip() {
    const dialog = this.querySelector("[data-clip-dialog]");
    const form = dialog.querySelector("form");
    const { start, end } = this.selected;
    form.elements.start.value = start.toFixed(3);
    form.elements.end.value = end.toFixed(3);
    form.elements.title.value = this.quote().slice(0, 80);
    dialog.querySelector("[data-clip-range]").textContent = `${timecode(start)} – ${timecode(end)}, ${(end - start).toFixed(1)} s`;
    dialog.querySelector("[data-clip-error]").hidden = true;
    dialog.showModal();
  }

  // Keeping it needs no other page; downloading goes to where clips are cut and waits there.
  listenToClip(options) {
    const dialog = this.querySelector("[data-clip-dialog]");
    dialog.querySelector("form").addEventListener("submit", async (event) => {
      if (event.submitter?.value !== "keep") return;
      event.preventDefault();
      const { start, end, title } = Object.fromEntries(new FormData(event.target));
      try {
        await send("POST", `/api/library/assets/${this.dataset.asset}/clips`, { start: Number(start), end: Number(end), title });
        dialog.close();
        toast("The clip is being cut. It stands in the library.", "ok");
        getSelection().removeAllRanges();
      } catch (error) {
        const told = dialog.querySelector("[data-clip-error]");
        told.textContent = error.message;
        told.hidden = false;
      }
    }, options);
  }

  get revision() {
    return Number(this.dataset.revision);
  }
  set revision(number) {
    this.dataset.revision = number;
    const undo = this.querySelector("[data-undo]");
    if (undo) undo.hidden = false;
    this.renewHistory();
  }

  async undo() {
    try {
      await send("POST", `/api/transcripts/${this.dataset.transcript}/undo`, {});
      await this.renew();
      toast("The last change is taken back.", "ok");
    } catch (error) {
      toast(error.message, "error");
    }
  }

  // The list as it is now, at the place where it was.
  async renew() {
    const fresh = (await fragment(`${this.dataset.page}?part=words`)).querySelector("[data-words]");
    const { scrollTop } = this.list;
    this.list.replaceChildren(...fresh.childNodes);
    this.list.scrollTop = scrollTop;
    this.words.read();
    this.now = this.turnNow = null;
    this.revision = Number(fresh.dataset.revision);
    this.querySelector("[data-undo]").hidden = !fresh.dataset.undoable;
    await this.renewPart("speakers", "#speakers");
    if (this.player) this.show(this.player.currentTime);
  }

  renewHistory() {
    return this.renewPart("history", "#history");
  }

  async renewPart(part, selector) {
    const there = document.querySelector(selector);
    if (!there) return;
    const fresh = (await fragment(`${this.dataset.page}?part=${part}`)).querySelector(selector);
    if (fresh) there.replaceWith(fresh);
  }
}

customElements.define("transcript-reader", TranscriptReader);
