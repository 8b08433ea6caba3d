// Changing a transcript in place: the text of a line or of several, and who speaks.
import { announce, toast } from "./toast.js";
import { timecode } from "./timecode.js";
import { send, whose } from "./transcript-saving.js";
import { writeWords } from "./transcript-words.js";

const idOf = (turn) => turn.id.slice(2);
const textOf = (turns) => turns.map((turn) => turn.querySelector(".words__text").textContent).join(" ");

export class Editing {
  constructor(reader) {
    this.reader = reader;
    this.dialog = reader.querySelector("[data-speaker-dialog]");
    this.dialog.querySelector("form").addEventListener("submit", (event) => {
      event.preventDefault();
      this.saveWho();
    });
    this.dialog.querySelector("[data-speaker-merge]").addEventListener("click", () => this.merge());
  }

  get open() {
    return this.form?.isConnected;
  }

  // A form in the place of these neighbouring lines.
  edit(turns) {
    if (this.open) this.cancel();
    const template = this.reader.querySelector("[data-edit-form]");
    this.form = template.content.firstElementChild.cloneNode(true);
    this.turns = turns;
    this.before = textOf(turns);
    const box = this.form.querySelector("[data-edit-text]");
    this.form.querySelector("[data-edit-label]").textContent = `What is said at ${timecode(Number(turns[0].dataset.start) / 1000).split(".")[0]}`;
    box.value = this.before;
    box.rows = Math.min(12, Math.max(2, Math.ceil(this.before.length / 45)));
    for (const turn of turns) turn.querySelector(".words__text").hidden = true;
    turns[0].querySelector(".words__text").after(this.form);
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.save();
    });
    this.form.querySelector("[data-edit-cancel]").addEventListener("click", () => this.cancel());
    this.form.addEventListener("keydown", (event) => {
      if (event.key === "Escape") this.cancel();
      else if (event.key === "Enter" && event.target === box) this.save();
      else return;
      event.preventDefault();
    });
    getSelection().removeAllRanges();
    box.focus();
  }

  cancel() {
    this.close();
    announce("Nothing was changed.");
  }

  close() {
    this.form.remove();
    for (const turn of this.turns) turn.querySelector(".words__text").hidden = false;
    this.reader.list.focus({ preventScroll: true });
  }

  async save() {
    const mine = this.form.querySelector("[data-edit-text]").value.replace(/\s+/g, " ").trim();
    if (mine === this.before.trim()) {
      this.cancel();
      return;
    }
    this.busy(true);
    try {
      await this.write(mine, this.reader.revision);
      this.close();
      toast("Saved.", "ok");
    } catch (error) {
      this.busy(false);
      if (error.status === 409 && error.body.current_revision !== undefined) await this.overtaken(mine, error.body.current_revision);
      else this.complain(error.message);
    }
  }

  // One line comes back as it is now; of several the list is read anew.
  async write(text, revision) {
    const { reader, turns } = this;
    if (turns.length === 1) {
      const answer = await send("PATCH", `/api/segments/${idOf(turns[0])}`, { text, revision });
      writeWords(turns[0].querySelector(".words__text"), answer.text, answer.words);
      reader.words.forget(turns[0]);
      reader.revision = answer.revision;
      return;
    }
    // From middle to middle: a neighbour that overlaps by a breath is not meant.
    const [start, end] = [turns[0], turns.at(-1)].map(({ dataset }) => (Number(dataset.start) + Number(dataset.end)) / 2000);
    const body = { transcript_id: reader.dataset.transcript, start_time: start, end_time: end, new_text: text, revision };
    await send("POST", "/api/transcript-segment/update", body);
    await reader.renew();
  }

  // Somebody else changed the transcript. Other lines are nobody's conflict; the same ones are a question.
  async overtaken(mine, revision) {
    const { segments } = await send("GET", `/api/transcripts/${this.reader.dataset.transcript}`);
    const ids = new Set(this.turns.map(idOf));
    const theirs = segments.filter(({ id }) => ids.has(id)).map(({ text }) => text).join(" ");
    const choice = theirs === this.before ? "mine" : await whose(this.reader.querySelector("[data-overtaken]"), { mine, theirs });
    this.reader.dataset.revision = revision;
    if (choice === "edit") {
      this.before = theirs;
      this.form.querySelector("[data-edit-text]").focus();
      return;
    }
    try {
      if (choice === "mine") await this.write(mine, revision);
      this.close();
      await this.reader.renew();
      toast(choice === "mine" ? "Saved." : "The other text stays.", "ok");
    } catch (error) {
      this.complain(error.message);
    }
  }

  busy(on) {
    this.form.querySelector("[type=submit]").disabled = on;
  }

  complain(text) {
    const told = this.form.querySelector("[data-edit-error]");
    told.textContent = text;
    told.hidden = false;
  }

  // `selected`: the lines that "here" means, when some are selected.
  askWho(turn, selected = null) {
    const name = this.reader.speakerOf(turn);
    this.asked = { turn, turns: selected ?? [turn] };
    const form = this.dialog.querySelector("form");
    form.elements.name.value = name;
    const known = Boolean(turn.dataset.speaker);
    this.dialog.querySelector("[data-scopes]").hidden = !known;
    this.dialog.querySelector("[data-everywhere]").textContent = `Everywhere ${name || "this voice"} speaks here`;
    form.elements.where.value = known && !selected ? "everywhere" : "here";
    this.tell("");
    this.dialog.showModal();
    form.elements.name.select();
  }

  async saveWho() {
    const { name, where } = this.dialog.querySelector("form").elements;
    const { turn, turns } = this.asked;
    const transcript = `/api/transcripts/${this.reader.dataset.transcript}`;
    try {
      if (where.value === "everywhere" && turn.dataset.speaker) {
        await send("PATCH", `${transcript}/speakers/${turn.dataset.speaker}`, { name: name.value });
      } else {
        for (const one of turns) await send("PUT", `/api/segments/${idOf(one)}/speaker`, { speaker: name.value });
      }
      await this.done(`${name.value} speaks.`);
    } catch (error) {
      const other = error.status === 400 && this.speakers().find((one) => one.name.toLowerCase() === name.value.trim().toLowerCase());
      this.tell(error.message, other);
    }
  }

  speakers() {
    return [...this.reader.list.querySelectorAll(".words__turn:has(.words__who)")].map((turn) => ({
      id: turn.dataset.speaker,
      name: turn.querySelector(".words__who").textContent.trim(),
    }));
  }

  async merge() {
    const { turn } = this.asked;
    const address = `/api/transcripts/${this.reader.dataset.transcript}/speakers/${turn.dataset.speaker}/merge`;
    try {
      await send("POST", address, { into: this.other.id });
      await this.done("The two are one.");
    } catch (error) {
      this.tell(error.message);
    }
  }

  tell(text, other = null) {
    this.other = other && other.id !== this.asked.turn.dataset.speaker ? other : null;
    const told = this.dialog.querySelector("[data-speaker-error]");
    told.textContent = text;
    told.hidden = !text;
    this.dialog.querySelector("[data-speaker-merge]").hidden = !this.other;
  }

  async done(text) {
    this.dialog.close();
    await this.reader.renew();
    toast(text, "ok");
    this.reader.list.focus({ preventScroll: true });
  }
}
