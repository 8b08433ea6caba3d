// <cue-editor> turns the textarea form inside it into the desk: grid, text box, findings, player and waveform in step.
// This element holds the cues and the place in them; what can be done with them stands in modules of their own (cue-*.js).
import { CueActs } from "../cue-acts.js";
import { CueBox } from "../cue-box.js";
import { CueChecks } from "../cue-checks.js";
import { CueDrafts } from "../cue-drafts.js";
import { CueFind } from "../cue-find.js";
import { CueFindings } from "../cue-findings.js";
import { CueGrid } from "../cue-grid.js";
import { CueKeys } from "../cue-keys.js";
import { CueList } from "../cue-list.js";
import { CuePresence } from "../cue-presence.js";
import { CueReview } from "../cue-review.js";
import { CueSaving } from "../cue-saving.js";
import { CueSource } from "../cue-source.js";
import { CueTerms } from "../cue-terms.js";
import { CueWave } from "../cue-wave.js";
import { announce } from "../toast.js";
import { plain } from "../vtt.js";

const REST = 900;

class CueEditor extends HTMLElement {
  connectedCallback() {
    if (this.list) return;
    this.form = this.querySelector("[data-plain]");
    this.source = this.form.querySelector("textarea");
    this.fps = Number(this.dataset.fps) || 25;
    this.profile = JSON.parse(this.querySelector("#profile").textContent);
    this.readOnly = this.hasAttribute("data-read-only");
    this.player = this.querySelector("media-player");
    this.text = this.querySelector("[data-text]");
    this.selected = new Set();
    this.at = 0;
    this.list = this.read(this.source.value);
    this.form.hidden = true;
    for (const part of this.querySelectorAll("[data-desk]")) part.hidden = false;
    this.beside = new CueSource(this);
    this.grid = new CueGrid({
      scroller: this.querySelector("[data-scroller]"),
      template: this.querySelector("[data-row]"),
      dress: (row, cue, index) => this.dress(row, cue, index),
      chosen: (index) => this.isChosen(index),
    });
    this.box = new CueBox(this);
    this.findings = new CueFindings(this);
    this.wave = new CueWave(this);
    this.saving = new CueSaving(this);
    this.drafts = new CueDrafts(this);
    this.finding = new CueFind(this, this.querySelector("[data-find-bar]"));
    this.acts = new CueActs(this);
    this.keys = new CueKeys(this, this.querySelector("[data-keys]"));
    this.terms = new CueTerms(this);
    this.checks = new CueChecks(this);
    this.review = new CueReview(this);
    this.presence = new CuePresence(this);
    this.listen();
    this.redraw();
    this.select(0, { seek: false });
    customElements.whenDefined("media-player").then(() => this.join());
    this.drafts.offer();
  }

  read(content) {
    return new CueList(content, { profile: this.profile, fps: this.fps });
  }

  join() {
    if (!this.player) return;
    this.player.captionLanguage = this.dataset.language;
    this.player.captionAt = (time) => this.list.during(time).map((index) => plain(this.list.cues[index].text)).join("\n");
    this.player.addEventListener("player-time", ({ detail }) => this.follow(detail.time));
    this.player.showTime();
  }

  listen() {
    this.addEventListener("click", (event) => {
      const act = event.target.closest("[data-act]")?.dataset.act;
      if (act) return this.act(act, event);
      const row = event.target.closest("[data-cue]");
      if (row && !event.target.closest("[data-term]")) this.pick(this.list.index(Number(row.dataset.cue)), event);
    });
    this.grid.scroller.addEventListener("keydown", (event) => this.walk(event));
    addEventListener("beforeunload", (event) => {
      if (this.list.dirty && !this.readOnly) event.preventDefault();
    });
  }

  get cue() { return this.list.cues[this.at]; }
  get now() { return this.player?.currentTime ?? 0; }
  address(rest) { return `/api/v1/jobs/${this.dataset.job}/vtt${rest}`; }
  get query() { return `lang=${encodeURIComponent(this.dataset.language)}&kind=${this.dataset.kind}`; }
  tell(name, detail = {}) { this.dispatchEvent(new CustomEvent(`desk-${name}`, { detail })); }

  // ---- what is shown

  dress(row, cue, index) {
    const found = this.list.findings(cue);
    const rules = new Set(found.map(({ rule }) => rule));
    row.querySelector("[data-cps]").className = rules.has("cps_max") ? "tone-error" : rules.has("cps_opt") ? "tone-warn" : "";
    row.querySelector("[data-flag=error]").hidden = !found.some(({ level }) => level === "error");
    row.querySelector("[data-flag=warn]").hidden = !found.some(({ level }) => level === "warn");
    row.querySelector("[data-empty]").hidden = Boolean(cue.text.trim());
    const words = row.querySelector("[data-words]");
    this.terms ? this.terms.write(words, cue.text, "target", cue) : (words.textContent = cue.text);
    this.beside.dress(row, cue, index);
    this.review?.dress(row, cue, index);
  }

  // Everything anew: other cues, or others than before.
  redraw() {
    this.at = Math.min(Math.max(0, this.at), Math.max(0, this.list.cues.length - 1));
    this.findings.sift();
    this.findings.draw();
    this.box.draw();
    this.drawState();
    this.wave.show();
  }

  drawState() {
    const { dirty } = this.list;
    const version = this.saving.version;
    this.querySelector("[data-state-text]").textContent = this.readOnly ? `version ${version}, read only` : `version ${version}, ${dirty ? this.drafts.words : "saved"}`;
    const count = this.list.cues.length;
    this.querySelector("[data-total]").textContent = `${count} ${count === 1 ? "cue" : "cues"}`;
    const set = (act, off) => {
      for (const button of this.querySelectorAll(`[data-act="${act}"]`)) button.disabled = off;
    };
    set("save", !dirty || this.saving.busy);
    set("undo", !this.list.past.length);
    set("redo", !this.list.future.length);
  }

  // ---- moving about

  select(index, { seek = true, scroll = true, keep = false } = {}) {
    const { cues } = this.list;
    if (!cues.length) return this.redraw();
    if (!keep) this.selected.clear();
    const at = Math.min(Math.max(0, index), cues.length - 1);
    if (at !== this.at) this.list.rest();
    this.at = at;
    this.grid.select(at, { scroll });
    this.box.draw();
    this.findings.mark();
    this.wave.show();
    this.tell("selected");
    if (seek) this.seek(this.cue.start + 0.001);
  }

  // A click: with Shift from the cue one is at, with Ctrl one more.
  pick(index, event) {
    if (index < 0) return;
    const { cues } = this.list;
    if (event.shiftKey) {
      const [from, to] = [Math.min(this.at, index), Math.max(this.at, index)];
      for (let n = from; n <= to; n++) this.selected.add(cues[n].key);
      getSelection()?.removeAllRanges();
    } else if (event.ctrlKey || event.metaKey) {
      if (!this.selected.size) this.selected.add(this.cue.key);
      const { key } = cues[index];
      this.selected.has(key) ? this.selected.delete(key) : this.selected.add(key);
    }
    this.select(index, { keep: event.shiftKey || event.ctrlKey || event.metaKey });
    this.saySelection();
  }

  more(step) {
    if (!this.selected.size) this.selected.add(this.cue.key);
    const next = Math.min(Math.max(0, this.at + step), this.list.cues.length - 1);
    const { key } = this.list.cues[next];
    // Back over what was taken in gives it up again.
    if (this.selected.has(key)) this.selected.delete(this.cue.key);
    this.selected.add(key);
    this.select(next, { seek: false, keep: true });
    this.saySelection();
  }

  saySelection() {
    if (this.selected.size > 1) announce(`${this.selected.size} cues selected`);
  }

  isChosen(index) {
    return this.selected.size ? this.selected.has(this.list.cues[index].key) : index === this.at;
  }

  // The places of the selected cues, or of the one one is at, in order.
  get targets() {
    if (this.selected.size < 2) return this.cue ? [this.at] : [];
    return this.list.cues.flatMap(({ key }, index) => (this.selected.has(key) ? [index] : []));
  }

  walk(event) {
    if (event.altKey || event.ctrlKey || event.metaKey) {
      if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "a") {
        this.selected = new Set(this.list.cues.map(({ key }) => key));
        this.grid.render();
        this.saySelection();
        event.preventDefault();
      }
      return;
    }
    const { grid } = this;
    const steps = { ArrowUp: -1, ArrowDown: 1, PageUp: -grid.page, PageDown: grid.page, Home: -Infinity, End: Infinity };
    if (event.shiftKey || !(event.key in steps) || !grid.count) return;
    const position = Math.min(Math.max(0, Math.max(0, grid.position(this.at)) + steps[event.key]), grid.count - 1);
    this.select(grid.index(position));
    event.preventDefault();
    event.stopPropagation();
  }

  focusGrid() {
    this.grid.table.focus({ preventScroll: true });
  }

  seek(time) {
    if (this.player) this.player.currentTime = time;
    this.wave.look(time);
  }

  follow(time) {
    this.wave.look(time);
    if (!this.player.playing) return;
    if (this.stopAt && time >= this.stopAt) {
      if (this.looping && this.cue) this.player.currentTime = this.cue.start;
      else {
        this.stopAt = null;
        this.player.pause();
      }
      return;
    }
    const index = this.list.during(time).at(-1) ?? -1;
    // While somebody types, the text box stays on the cue that is being typed.
    if (index >= 0 && index !== this.at && !this.looping && document.activeElement !== this.text) this.select(index, { seek: false });
  }

  // ---- changing

  // `kind` names a stretch that is taken back in one go ("" for a change of its own).
  change(kind, make) {
    if (this.readOnly) return;
    const span = this.list.step(kind, this.at, make);
    if (!span) return;
    clearTimeout(this.resting);
    this.resting = setTimeout(() => this.list.rest(), REST);
    this.changed(span);
  }

  changed(span) {
    if (span.moved) this.redraw();
    else {
      this.grid.refresh(span.from - 1, span.to + 1);
      if (span.from <= this.at && this.at < span.to) this.box.draw();
      this.findings.later();
      this.drawState();
      this.wave.show();
    }
    this.player?.showCaption?.();
    this.drafts.later();
    this.tell("changed", span);
  }

  back(which) {
    const step = this.list[which]();
    if (!step) return;
    this.at = Math.min(step.at, this.list.cues.length - 1);
    this.changed(step);
    this.select(this.at, { seek: false });
    announce(which === "undo" ? "Undone." : "Done again.");
  }

  load(content, { touched = false } = {}) {
    const saved = this.list.saved;
    this.list = this.read(content);
    if (touched) this.list.settle(-1, saved);
    this.source.value = content;
    this.selected.clear();
    this.redraw();
    this.select(this.at, { seek: false });
    this.tell("changed", { from: 0, to: this.list.cues.length, moved: true });
  }

  act(name, event) {
    return this.acts.do(name, event);
  }
}

customElements.define("cue-editor", CueEditor);
