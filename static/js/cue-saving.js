// Saving makes a version. One that somebody else overtook is merged: different cues in silence, the same cue by asking.
import { ask, refusal } from "./cue-asking.js";
import { Conflict } from "./cue-conflict.js";
import { toast } from "./toast.js";
import { parse } from "./vtt.js";

// A few changed cues go as they are; with more, the whole text is no longer than its parts.
const FEW = 200;

export class CueSaving {
  constructor(desk) {
    this.desk = desk;
    this.version = Number(desk.dataset.version);
    this.text = desk.source.value;
    this.conflict = new Conflict(desk.querySelector("[data-conflict]"));
    this.dialog = desk.querySelector("[data-save-as]");
    this.dialog?.querySelector("form").addEventListener("submit", (event) => {
      event.preventDefault();
      this.dialog.close();
      this.save({ comment: new FormData(event.target).get("comment").trim() });
      event.target.reset();
    });
  }

  askComment() {
    if (!this.desk.readOnly) this.dialog.showModal();
  }

  // -> true when what the desk holds stands in a version.
  async save({ comment = "", content, base = this.version } = {}) {
    const { desk } = this;
    if (desk.readOnly || this.busy) return false;
    if (!desk.list.dirty && content === undefined) return true;
    this.busy = true;
    desk.drawState();
    this.problem("");
    const sent = { number: desk.list.now, cues: [...desk.list.cues], content: content ?? desk.list.content() };
    try {
      const edits = content === undefined ? this.edits() : null;
      const answer = await ask(desk.dataset.save, { method: "PATCH", body: { ...(edits ? { edits } : { content: sent.content }), base_version: base, comment } });
      if (answer.ok) {
        this.wasSaved(answer.body, sent);
        return true;
      }
      if (answer.status === 409 && answer.body?.current_version > base) return await this.overtaken(sent, answer, comment);
      this.problem(refusal(answer));
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
      desk.drafts.keep();
      this.problem("Not saved: the studio cannot be reached. What you wrote is kept in this browser; try again.");
    } finally {
      this.busy = false;
      desk.drawState();
    }
    return false;
  }

  // What changed since the version, cue by cue; null when cues came or went, notes moved, or nearly all is different.
  edits() {
    const { cues, saved, others } = this.desk.list;
    if (cues.length !== saved.length || others !== this.desk.list.savedOthers) return null;
    const edits = [];
    for (let index = 0; index < cues.length; index++) {
      const [now, before] = [cues[index], saved[index]];
      if (now === before) continue;
      if (now.key !== before.key || now.settings !== before.settings || edits.length === FEW) return null;
      const edit = { index };
      for (const name of ["start", "end", "text"]) if (now[name] !== before[name]) edit[name] = now[name];
      if (Object.keys(edit).length > 1) edits.push(edit);
    }
    return edits.length ? edits : null;
  }

  wasSaved({ version, content }, sent) {
    const { desk } = this;
    this.version = version;
    this.text = content ?? sent.content;
    // Typing may have gone on while the save was under way.
    desk.list.settle(sent.number, sent.cues);
    desk.source.value = this.text;
    desk.form.elements.base_version.value = version;
    if (!desk.list.dirty) desk.drafts.forget();
    desk.querySelector("[data-machine]")?.remove();
    toast(`Saved as version ${version}.`, "ok");
    desk.tell("saved", { version });
  }

  async overtaken(sent, answer, comment) {
    const { desk } = this;
    desk.drafts.keep();
    const { language: lang, kind } = desk.dataset;
    const [found, newest] = await Promise.all([
      ask(desk.address("/merge"), { method: "POST", body: { lang, kind, content: sent.content, base_version: this.version } }),
      ask(desk.dataset.save),
    ]);
    if (!found.ok || !newest.ok) {
      this.problem(refusal(answer));
      return false;
    }
    const { content: merged, conflicts, current_version: version } = found.body;
    const theirs = newest.body.content;
    const choice = conflicts.length ? await this.conflict.ask({ merged, conflicts, mine: sent.content, theirs, version }) : { content: merged };
    if (!choice) {
      this.problem(`Not saved: version ${version} is newer. What you wrote is kept here.`);
      return false;
    }
    this.version = version;
    this.text = theirs;
    desk.load(choice.content, { touched: true });
    if (choice.content === theirs) {
      desk.list.settle();
      desk.form.elements.base_version.value = version;
      desk.drafts.forget();
      toast(`Version ${version} is shown. ${conflicts.length ? "Your changes were left out." : "It says what yours says."}`, "ok");
      return true;
    }
    if (!conflicts.length) toast(`Merged with version ${version}: ${told(others(sent.content, merged))}`, "ok");
    this.busy = false;
    return this.save({ content: choice.content, comment });
  }

  problem(text) {
    const note = this.desk.querySelector("[data-problem]");
    note.hidden = !text;
    note.querySelector("[data-problem-text]").textContent = text;
  }
}

// How many cues of the merged text are not one's own.
function others(mine, merged) {
  const own = new Set(parse(mine).cues.map(whole));
  return parse(merged).cues.filter((cue) => !own.has(whole(cue))).length;
}

const whole = ({ start, end, text }) => `${start} ${end} ${text}`;
const told = (count) => (count ? `${count} ${count === 1 ? "cue" : "cues"} of somebody else.` : "what somebody else deleted is gone.");
