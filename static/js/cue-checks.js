// All rules, asked of the studio with the text as it stands, while the light ones answer at once; and the fixes it proposes.
import { ask, refusal } from "./cue-asking.js";
import { timecode } from "./timecode.js";
import { announce, toast } from "./toast.js";

const WAIT = 1500;
const level = ({ severity }) => (severity === "error" ? "error" : "warn");

export class CueChecks {
  constructor(desk) {
    this.desk = desk;
    this.dialog = desk.querySelector("[data-fixes]");
    this.dialog.querySelector("[data-apply]").addEventListener("click", () => this.apply());
    this.dialog.querySelector("[data-all-fixes]").addEventListener("change", ({ target }) => {
      for (const box of this.dialog.querySelectorAll("[data-fix] input")) box.checked = target.checked;
    });
    desk.addEventListener("desk-changed", () => this.later());
    this.check();
  }

  later() {
    clearTimeout(this.waiting);
    this.waiting = setTimeout(() => this.check(), WAIT);
  }

  // What comes back counts for every cue that is still as it was sent.
  async check() {
    const { desk } = this;
    if (this.absent) return;
    const cues = [...desk.list.cues];
    const answer = await ask(desk.address(`/checks?${desk.query}`), { method: "POST", body: { content: desk.list.content() } }).catch(() => null);
    if (!answer?.ok) {
      this.absent = answer?.status === 404 || answer?.status === 405 || answer?.status === 403;
      return;
    }
    const found = new Map(cues.map((cue) => [cue, []]));
    for (const finding of answer.body.findings) {
      const cue = cues[finding.cue_index];
      if (cue) found.get(cue).push({ level: level(finding), rule: finding.rule, text: finding.message, fix: finding.fix });
    }
    for (const [cue, list] of found) desk.list.checked.set(cue, list.sort((one, other) => (one.level === other.level ? 0 : one.level === "error" ? -1 : 1)));
    desk.list.check(0, desk.list.cues.length);
    desk.grid.refresh();
    desk.findings.draw();
    desk.box.drawCounts();
    desk.wave.show();
    const button = desk.querySelector("[data-preview-fixes]");
    button.hidden = desk.readOnly;
    desk.tell("checked");
  }

  // ---- fixes

  async preview() {
    const { desk } = this;
    if (this.absent || desk.readOnly) return;
    const answer = await ask(desk.address(`/fixes?${desk.query}`), { method: "POST", body: { content: desk.list.content(), dry_run: true, base_version: desk.saving.version } }).catch(() => null);
    if (!answer?.ok) return toast(answer ? refusal(answer) : "The studio cannot be reached. Try again.", "error");
    this.offered = answer.body.proposals.map((fix) => ({ ...fix, index: fix.cue_index, cue: desk.list.cues[fix.cue_index] })).filter(({ cue }) => cue);
    if (!this.offered.length) return announce("Nothing can be fixed without a person."), toast("Nothing can be fixed without a person.", "info");
    this.draw();
    this.dialog.showModal();
    announce(`${this.offered.length} fixes proposed.`);
  }

  draw() {
    const template = this.dialog.querySelector("[data-fix-row]");
    this.dialog.querySelector("[data-fixes-count]").textContent = `${this.offered.length} ${this.offered.length === 1 ? "proposal" : "proposals"}`;
    this.dialog.querySelector("[data-all-fixes]").checked = true;
    this.dialog.querySelector("[data-fix-list]").replaceChildren(
      ...this.offered.map(({ index, before, after, reason }, number) => {
        const row = template.content.firstElementChild.cloneNode(true);
        const box = row.querySelector("input");
        box.value = number;
        box.setAttribute("aria-label", `Cue ${index + 1}: ${reason}`);
        row.querySelector("[data-where]").textContent = `Cue ${index + 1}`;
        row.querySelector("[data-reason]").textContent = reason;
        row.querySelector("[data-before]").textContent = words(before, after);
        row.querySelector("[data-after]").textContent = after ? words(after, before) : "Deleted";
        return row;
      }),
    );
  }

  // One step back takes all of them back; the dialog stays for what is left.
  apply() {
    const { desk } = this;
    const chosen = new Set([...this.dialog.querySelectorAll("[data-fix] input:checked")].map(({ value }) => Number(value)));
    const wanted = this.offered.filter((_, number) => chosen.has(number));
    let count = 0;
    desk.change("", (list) => {
      for (const { cue, before, after } of wanted) {
        const index = list.index(cue.key);
        if (index < 0) continue;
        after ? list.put(index, changed(before, after)) : list.remove(index);
        count++;
      }
      // One that only stands in the wrong place.
      if (wanted.some(({ rule }) => rule === "nonmonotonic")) list.replace(0, list.cues.length, [...list.cues].sort((one, other) => one.start - other.start));
    });
    this.offered = this.offered.filter((_, number) => !chosen.has(number));
    announce(`${count} ${count === 1 ? "fix" : "fixes"} applied. One undo takes them back.`);
    if (this.offered.length) this.draw();
    else this.dialog.close();
  }
}

// Several proposals may be about one cue: each brings only what it changes itself.
const changed = (before, after) => Object.fromEntries(["start", "end", "text"].filter((name) => before[name] !== after[name]).map((name) => [name, after[name]]));

function words(one, other) {
  const retimed = !other || one.start !== other.start || one.end !== other.end;
  const reworded = !other || one.text !== other.text;
  return [retimed && `${timecode(one.start)} → ${timecode(one.end)}`, reworded && one.text].filter(Boolean).join("\n");
}
