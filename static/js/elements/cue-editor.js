// <cue-editor> turns the textarea form inside it into the desk: grid, text box with counts, findings, player and waveform in step.
// Every save makes a version; a save that somebody else overtook opens the conflict dialog; what is not saved is kept in this browser.
import { csrf } from "../forms.js";
import { CueList } from "../cue-list.js";
import { speed, lines } from "../cue-rules.js";
import { split, seconds, timecode, writeTimecode } from "../timecode.js";
import { announce, toast } from "../toast.js";
import { parse, plain, write } from "../vtt.js";
import { Conflict } from "../cue-conflict.js";

const KEEP_EVERY = 1500;

class CueEditor extends HTMLElement {
  connectedCallback() {
    if (this.list) return;
    this.form = this.querySelector("[data-plain]");
    this.source = this.form.querySelector("textarea");
    this.version = Number(this.dataset.version);
    this.saved = this.source.value;
    this.profile = JSON.parse(this.querySelector("#profile").textContent);
    this.fps = Number(this.dataset.fps) || 25;
    this.readOnly = this.hasAttribute("data-read-only");
    this.draftKey = `reelwright.draft:${this.dataset.job}:${this.dataset.language}:${this.dataset.kind}`;
    this.player = this.querySelector("media-player");
    this.wave = this.querySelector("wave-form");
    this.box = this.querySelector("[data-box]");
    this.text = this.querySelector("[data-text]");
    this.rows = this.querySelector("[data-rows]");
    this.beside = parse(this.querySelector("[data-beside]")?.content.textContent ?? "WEBVTT").cues;
    this.conflict = new Conflict(this.querySelector("[data-conflict]"));
    this.list = new CueList(this.source.value);
    this.shown = "all";
    this.form.hidden = true;
    for (const part of this.querySelectorAll("[data-desk]")) part.hidden = false;
    customElements.whenDefined("media-player").then(() => this.join());
    this.listen();
    this.draw();
    this.select(0, { seek: false });
    this.offerDraft();
  }

  join() {
    if (!this.player) return;
    this.player.captionLanguage = this.dataset.language;
    this.player.captionAt = (time) => this.list.cues.filter(({ start, end }) => start <= time && time < end).map(({ text }) => plain(text)).join("\n");
    this.player.addEventListener("player-time", ({ detail }) => this.follow(detail.time));
    this.player.showTime();
  }

  listen() {
    this.text.addEventListener("input", () => this.change("text", () => this.list.put(this.at, { text: this.text.value })));
    for (const side of ["start", "end"]) {
      this.querySelector(`[data-${side}]`).addEventListener("change", ({ target }) => this.retime(side, target));
    }
    this.addEventListener("click", (event) => {
      const act = event.target.closest("[data-act]")?.dataset.act;
      if (act) return this.act(act);
      const row = event.target.closest("[data-cue]");
      if (row) this.select(this.list.cues.findIndex(({ key }) => key === Number(row.dataset.cue)));
      const filter = event.target.closest("[data-show]");
      if (filter) this.filter(filter.dataset.show);
    });
    this.wave?.addEventListener("wave-seek", ({ detail }) => this.seek(detail.time));
    document.addEventListener("keydown", (event) => this.key(event));
    addEventListener("beforeunload", (event) => {
      if (this.dirty) event.preventDefault();
    });
  }

  get cue() { return this.list.cues[this.at]; }
  get now() { return this.player?.currentTime ?? 0; }
  get dirty() { return this.content() !== this.saved; }
  content() { return this.list.touched ? write(this.list) : this.saved; }

  // ---- what is shown

  draw() {
    const template = this.querySelector("[data-row]");
    const old = new Map([...this.rows.children].map((row) => [Number(row.dataset.cue), row]));
    this.rows.replaceChildren(
      ...this.list.cues.map((cue) => {
        const row = old.get(cue.key) ?? template.content.firstElementChild.cloneNode(true);
        row.dataset.cue = cue.key;
        return row;
      }),
    );
    this.list.check(this.profile, this.fps);
    this.list.cues.forEach((cue, index) => this.drawRow(cue, index));
    this.drawFindings();
    this.drawState();
    this.wave?.show(this.list.cues, this.cue?.key);
    this.filter(this.shown);
  }

  drawRow(cue, index) {
    const row = this.rows.children[index];
    row.querySelector("[data-number]").textContent = index + 1;
    row.querySelector("[data-number]").setAttribute("aria-label", `Cue ${index + 1}`);
    writeTimecode(row.querySelector("[data-in]"), cue.start);
    writeTimecode(row.querySelector("[data-out]"), cue.end);
    row.querySelector("[data-length]").textContent = `${(cue.end - cue.start).toFixed(2)} s`;
    const cps = row.querySelector("[data-cps]");
    const measured = speed(cue);
    cps.textContent = Number.isFinite(measured) ? measured.toFixed(1) : "–";
    const rules = new Set(cue.findings.map(({ rule }) => rule));
    cps.className = rules.has("cps_max") ? "tone-error" : rules.has("cps_opt") ? "tone-warn" : "";
    row.querySelector("[data-words]").textContent = cue.text;
    const beside = row.querySelector("[data-source]");
    if (beside) beside.textContent = this.beside.filter((other) => Math.min(other.end, cue.end) - Math.max(other.start, cue.start) > (other.end - other.start) / 2).map(({ text }) => plain(text)).join("\n");
    row.querySelector("[data-flag=error]").hidden = !cue.findings.some(({ level }) => level === "error");
    row.querySelector("[data-flag=warn]").hidden = !cue.findings.some(({ level }) => level === "warn");
  }

  drawFindings() {
    const template = this.querySelector("[data-finding]");
    const panel = this.querySelector("[data-findings]");
    const all = this.list.cues.flatMap((cue, index) => cue.findings.map((finding) => ({ ...finding, cue, index })));
    panel.replaceChildren(
      ...all.slice(0, 200).map(({ level, text, cue, index }) => {
        const item = template.content.firstElementChild.cloneNode(true);
        item.querySelector(`[data-flag=${level === "error" ? "warn" : "error"}]`).remove();
        item.querySelector("[data-what]").textContent = text;
        const button = item.querySelector("[data-where]");
        button.textContent = `Cue ${index + 1}`;
        item.dataset.cue = cue.key;
        item.classList.toggle("finding--on", cue === this.cue);
        return item;
      }),
    );
    const errors = all.filter(({ level }) => level === "error").length;
    const words = [errors && `${errors} to correct`, all.length - errors && `${all.length - errors} to weigh`].filter(Boolean);
    this.querySelector("[data-clean]").hidden = all.length > 0;
    for (const part of this.querySelectorAll("[data-errors]")) part.textContent = words.join(", ") || "none";
    for (const part of this.querySelectorAll("[data-count]")) part.textContent = all.length;
    this.querySelector("[data-badge]").className = `badge ${errors ? "badge--error" : all.length ? "badge--warn" : "badge--ok"}`;
  }

  drawBox() {
    const { cue } = this;
    this.box.hidden = !cue;
    if (!cue) return;
    this.querySelector("[data-title]").textContent = `Cue ${this.at + 1}`;
    if (this.text.value !== cue.text) this.text.value = cue.text;
    for (const side of ["start", "end"]) this.querySelector(`[data-${side}]`).value = timecode(cue[side]);
    this.drawCounts();
  }

  drawCounts() {
    const { cue } = this;
    const most = this.profile.line_length;
    this.querySelector("[data-counts]").textContent = lines(cue).map((count, index) => `line ${index + 1}: ${most ? `${count} of ${most}` : count}`).join(", ");
    const list = this.querySelector("[data-cue-findings]");
    const template = this.querySelector("[data-cue-finding]");
    list.replaceChildren(
      ...cue.findings.map(({ level, text }) => {
        const item = template.content.firstElementChild.cloneNode(true);
        item.classList.add(`badge--${level}`);
        item.querySelector("span").textContent = text;
        return item;
      }),
    );
  }

  drawState() {
    const dirty = this.dirty;
    this.querySelector("[data-state-text]").textContent = this.readOnly ? `version ${this.version}, read only` : `version ${this.version}, ${dirty ? "not saved yet" : "saved"}`;
    this.querySelector("[data-total]").textContent = `${this.list.cues.length} ${this.list.cues.length === 1 ? "cue" : "cues"}`;
    const save = this.querySelector('[data-act="save"]');
    if (save) save.disabled = !dirty || this.saving;
    const undo = this.querySelector('[data-act="undo"]');
    if (undo) undo.disabled = !this.list.past.length;
  }

  filter(shown) {
    this.shown = shown;
    for (const button of this.querySelectorAll("[data-show]")) button.setAttribute("aria-pressed", String(button.dataset.show === shown));
    this.list.cues.forEach((cue, index) => {
      this.rows.children[index].hidden = shown === "findings" && !cue.findings.length && cue !== this.cue;
    });
  }

  // ---- moving about

  select(index, { seek = true, scroll = true } = {}) {
    if (!this.list.cues.length) return this.drawBox();
    this.at = Math.min(Math.max(0, index), this.list.cues.length - 1);
    for (const row of this.rows.querySelectorAll("[aria-selected=true]")) row.setAttribute("aria-selected", "false");
    const row = this.rows.children[this.at];
    row.setAttribute("aria-selected", "true");
    if (scroll) row.scrollIntoView({ block: "nearest" });
    for (const item of this.querySelectorAll("[data-findings] > li")) item.classList.toggle("finding--on", Number(item.dataset.cue) === this.cue.key);
    this.drawBox();
    this.wave?.show(this.list.cues, this.cue.key);
    if (seek) this.seek(this.cue.start + 0.001);
  }

  seek(time) {
    if (this.player) this.player.currentTime = time;
    this.wave?.look(time);
  }

  follow(time) {
    this.wave?.look(time);
    if (!this.player.playing) return;
    const index = this.list.cues.findIndex(({ start, end }) => start <= time && time < end);
    if (this.stopAt && time >= this.stopAt) {
      this.stopAt = null;
      this.player.pause();
      return;
    }
    // While somebody types, the text box stays on the cue that is being typed.
    if (index >= 0 && index !== this.at && document.activeElement !== this.text) this.select(index, { seek: false });
  }

  nextFinding(step) {
    const { cues } = this.list;
    for (let n = 1; n <= cues.length; n++) {
      const index = (this.at + step * n + cues.length * n) % cues.length;
      if (cues[index].findings.length) {
        this.select(index);
        return announce(`Cue ${index + 1}: ${cues[index].findings.map(({ text }) => text).join(", ")}`);
      }
    }
    announce("No findings.");
  }

  // ---- changing

  change(kind, make) {
    if (this.readOnly) return;
    this.list.remember(kind, this.at);
    make();
    if (kind === "text" || kind === "time") {
      this.list.check(this.profile, this.fps);
      for (const index of [this.at - 1, this.at, this.at + 1]) if (this.list.cues[index]) this.drawRow(this.list.cues[index], index);
      this.drawFindings();
      this.drawState();
      if (kind === "time") this.drawBox();
      else this.drawCounts();
      this.wave?.show(this.list.cues, this.cue.key);
      this.player?.showCaption?.();
    } else {
      this.draw();
      this.select(this.at ?? 0, { seek: false });
    }
    clearTimeout(this.keeping);
    this.keeping = setTimeout(() => this.keepDraft(), KEEP_EVERY);
  }

  retime(side, input) {
    const value = seconds(input.value);
    const error = this.querySelector("[data-time-error]");
    const wrong = Number.isNaN(value) ? "Write the time as 00:01:02.500." : side === "end" && value <= this.cue.start ? "The cue has to end after it starts." : side === "start" && value >= this.cue.end ? "The cue has to start before it ends." : "";
    input.setAttribute("aria-invalid", String(Boolean(wrong)));
    error.hidden = !wrong;
    error.querySelector("span").textContent = wrong;
    if (!wrong) this.change("time", () => this.list.put(this.at, { [side]: value }));
  }

  setAtPlayhead(side) {
    const time = Math.round(this.now * 1000) / 1000;
    if (!this.cue || (side === "start" ? time >= this.cue.end : time <= this.cue.start)) return toast(side === "start" ? "The playhead is behind the end of this cue." : "The playhead is before the start of this cue.", "error");
    this.change("time", () => this.list.put(this.at, { [side]: time }));
  }

  act(act) {
    const { list } = this;
    const acts = {
      in: () => this.setAtPlayhead("start"),
      out: () => this.setAtPlayhead("end"),
      split: () => this.change("split", () => list.split(this.at, this.text.selectionStart ?? 0)),
      merge: () => this.at + 1 < list.cues.length && this.change("merge", () => list.merge(this.at)),
      insert: () => this.change("insert", () => (this.at = list.insert(this.at, this.now))),
      delete: () => this.cue && this.change("delete", () => list.remove(this.at)),
      undo: () => this.undo(),
      play: () => this.player?.toggle(),
      once: () => this.playOnce(),
      save: () => this.save(),
      keys: () => this.querySelector("[data-keys]").showModal(),
      previous: () => this.nextFinding(-1),
      next: () => this.nextFinding(1),
      "draft-restore": () => this.restoreDraft(),
      "draft-discard": () => this.discardDraft(),
    };
    acts[act]?.();
    if (["insert", "split"].includes(act)) this.text.focus();
    if (act === "delete") announce("Cue deleted. Undo with Control Z.");
  }

  undo() {
    const step = this.list.undo();
    if (!step) return;
    this.at = step.at;
    this.draw();
    this.select(this.at, { seek: false });
    announce("Undone.");
  }

  playOnce() {
    if (!this.cue || !this.player) return;
    this.player.currentTime = this.cue.start;
    this.stopAt = this.cue.end;
    this.player.play();
  }

  key(event) {
    if (document.querySelector("dialog[open]")) return;
    const typing = event.target.matches("input:not([type=range]), textarea, select");
    const ctrl = event.ctrlKey || event.metaKey;
    const keys = [
      [ctrl && event.key === "Enter", "save"],
      [ctrl && event.code === "Space", "play"],
      [ctrl && event.altKey && event.key.toLowerCase() === "v", "split"],
      [ctrl && event.shiftKey && event.key.toLowerCase() === "m", "merge"],
      [ctrl && event.altKey && event.key === "Delete", "delete"],
      [event.altKey && event.key === "Insert", "insert"],
      [event.key === "F8", event.shiftKey ? "previous" : "next"],
      [!typing && ctrl && !event.shiftKey && event.key.toLowerCase() === "z", "undo"],
    ];
    const plainKeys = { " ": "play", "[": "in", "]": "out", p: "once", "?": "keys" };
    let act = keys.find(([pressed]) => pressed)?.[1];
    if (!act && !typing && !ctrl && !event.altKey) {
      if (event.key === " " && event.target.closest("button, a, [role=tab]")) return;
      act = plainKeys[event.key];
    }
    if (act) {
      event.preventDefault();
      return this.act(act);
    }
    if (event.altKey && !ctrl && (event.key === "ArrowUp" || event.key === "ArrowDown")) {
      event.preventDefault();
      return this.select(this.at + (event.key === "ArrowDown" ? 1 : -1));
    }
    if (event.altKey && !ctrl && (event.key === "ArrowLeft" || event.key === "ArrowRight")) {
      event.preventDefault();
      return this.seek(this.now + (event.key === "ArrowRight" ? 0.5 : -0.5));
    }
    if (typing || ctrl || event.altKey || event.target.matches("input") || !this.player) return;
    const moves = { ArrowLeft: -1, ArrowRight: 1 };
    if (event.key in moves) this.seek(this.now + moves[event.key]);
    else if (event.key === ",") this.player.step(-1);
    else if (event.key === ".") this.player.step(1);
  }

  // ---- saving

  async save({ content = this.content(), base = this.version } = {}) {
    if (this.readOnly || this.saving || (content === this.saved && base === this.version)) return;
    this.saving = true;
    this.drawState();
    this.problem("");
    try {
      const answer = await fetch(this.dataset.save, {
        method: "PATCH",
        headers: { "Content-Type": "application/json", "X-CSRFToken": csrf() },
        body: JSON.stringify({ content, base_version: base }),
      });
      const body = await answer.json();
      if (answer.ok) this.wasSaved(body, content);
      else if (answer.status === 409 && body.current_version > base) await this.overtaken(content, body);
      else this.problem(Array.isArray(body.detail) ? body.detail.map(({ msg }) => msg).join(" ") : body.detail);
    } catch {
      this.keepDraft();
      this.problem("Not saved: the studio cannot be reached. What you wrote is kept in this browser; try again.");
    } finally {
      this.saving = false;
      this.drawState();
    }
  }

  wasSaved({ version, content }, sent) {
    this.version = version;
    // Typing may have gone on while the save was under way.
    const later = this.content() !== sent && this.list.touched ? this.content() : null;
    this.saved = content;
    this.source.value = content;
    this.form.elements.base_version.value = version;
    if (!later) this.list.settle();
    this.forgetDraft();
    this.querySelector("[data-machine]")?.remove();
    toast(`Saved as version ${version}.`, "ok");
  }

  async overtaken(content, { current_version: current, detail }) {
    this.keepDraft();
    const answer = await fetch(this.dataset.save, { headers: { Accept: "application/json" } });
    if (!answer.ok) return this.problem(detail);
    const theirs = await answer.json();
    const choice = await this.conflict.ask({ base: this.saved, mine: content, theirs: theirs.content, version: theirs.version ?? current });
    if (!choice) return this.problem(`Not saved: version ${current} is newer. What you wrote is kept here.`);
    this.version = theirs.version;
    this.saved = theirs.content;
    if (choice.content === theirs.content) {
      this.load(theirs.content);
      this.form.elements.base_version.value = this.version;
      this.forgetDraft();
      return toast(`Version ${this.version} is shown. Your changes were left out.`, "ok");
    }
    this.load(choice.content, { touched: true });
    this.saving = false;
    await this.save({ content: choice.content, base: this.version });
  }

  load(content, { touched = false } = {}) {
    this.list = new CueList(content);
    this.list.touched = touched;
    this.source.value = content;
    const at = this.at ?? 0;
    this.draw();
    this.select(at, { seek: false });
  }

  problem(text) {
    const note = this.querySelector("[data-problem]");
    note.hidden = !text;
    note.querySelector("[data-problem-text]").textContent = text;
  }

  // ---- the draft in this browser

  keepDraft() {
    this.list.rest();
    if (!this.dirty) return this.forgetDraft();
    localStorage.setItem(this.draftKey, JSON.stringify({ content: this.content(), base: this.version, baseText: this.saved, at: Date.now() }));
  }

  forgetDraft() {
    clearTimeout(this.keeping);
    localStorage.removeItem(this.draftKey);
  }

  offerDraft() {
    const draft = JSON.parse(localStorage.getItem(this.draftKey) ?? "null");
    if (!draft || draft.content === this.saved || this.readOnly) return;
    const note = this.querySelector("[data-draft]");
    note.hidden = false;
    const [clock] = split((new Date(draft.at) - new Date(draft.at).setHours(0, 0, 0, 0)) / 1000);
    note.querySelector("[data-draft-text]").textContent = `A text of ${new Date(draft.at).toLocaleDateString()}, ${clock} was never saved. It began from version ${draft.base}.`;
    this.draft = draft;
  }

  restoreDraft() {
    this.querySelector("[data-draft]").hidden = true;
    // Saved against the version it began from, so that a newer one asks instead of being overwritten.
    this.version = this.draft.base;
    this.saved = this.draft.baseText;
    this.load(this.draft.content, { touched: true });
  }

  discardDraft() {
    this.querySelector("[data-draft]").hidden = true;
    this.forgetDraft();
  }
}

customElements.define("cue-editor", CueEditor);
