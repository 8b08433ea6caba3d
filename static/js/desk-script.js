// The script as a document: sections that are written in place and save themselves, with the quotes of their clips.
import { ask, problem, UNREACHED } from "./chat-asking.js";
import { timecode } from "./timecode.js";
import { announce, toast } from "./toast.js";

const SAVES_AFTER = 800;

export class ScriptPanel {
  constructor(desk) {
    this.desk = desk;
    this.list = desk.querySelector("[data-records]");
    this.rows = new Map();
    this.list.addEventListener("input", ({ target }) => this.wrote(target.closest("[data-record]")));
    this.list.addEventListener("focusout", ({ target }) => target.closest("[data-record]")?.unsaved && this.save(target.closest("[data-record]")));
    this.list.addEventListener("click", ({ target }) => this.act(target.closest("[data-do]")));
    desk.querySelector("[data-add-record]")?.addEventListener("click", () => this.add());
    addEventListener("beforeunload", (event) => {
      if ([...this.rows.values()].some((row) => row.unsaved)) event.preventDefault();
    });
  }

  // Rows stay the elements that they are, so that whoever writes in one is not interrupted by what happens in another.
  draw() {
    const { records } = this.desk;
    if (!this.drawn) this.list.replaceChildren();
    this.drawn = true;
    let at = 0;
    const rows = records.map((record) => {
      const row = this.rows.get(record.id) ?? this.row(record);
      this.fill(row, record, at);
      at += this.desk.seconds(record);
      return row;
    });
    this.rows = new Map(records.map(({ id }, index) => [id, rows[index]]));
    // Moving an element takes its focus: only what stands wrongly is moved.
    for (const child of [...this.list.children]) if (!rows.includes(child)) child.remove();
    rows.forEach((row, index) => this.list.children[index] !== row && this.list.insertBefore(row, this.list.children[index] ?? null));
    if (!rows.length) this.list.replaceChildren(this.empty());
  }

  empty() {
    const item = document.createElement("li");
    item.className = "scripting__empty";
    item.textContent = "Ask for a script, and its sections stand here.";
    return item;
  }

  row(record) {
    const row = this.desk.part("record");
    row.id = `record-${record.id}`;
    row.dataset.record = record.id;
    return row;
  }

  fill(row, record, at) {
    const number = record.index + 1;
    const heading = row.querySelector("[data-heading]");
    const content = row.querySelector("[data-content]");
    row.querySelector("[data-at]").textContent = minutes(at);
    this.length(row, record);
    row.record = record;
    const name = record.heading || `section ${number}`;
    if (!this.desk.mayWrite) {
      heading.textContent = record.heading;
      heading.hidden = !record.heading;
      content.textContent = record.content || (record.is_gap ? "Narration to be written" : "");
      content.hidden = !content.textContent;
    } else {
      heading.setAttribute("aria-label", `Heading of section ${number}`);
      content.setAttribute("aria-label", `Narration of section ${number}`);
      for (const button of row.querySelectorAll("[data-do]")) {
        const verb = { again: "Write again", up: "Move up", down: "Move down", undo: "Undo the last change of", remove: "Remove" }[button.dataset.do];
        if (verb) button.setAttribute("aria-label", `${verb}: ${name}`);
      }
      if (!row.unsaved && row.querySelector("[data-conflict]").hidden) {
        row.version = record.version;
        if (heading.value !== record.heading) heading.value = record.heading;
        if (content.value !== record.content) content.value = record.content;
      }
    }
    row.classList.toggle("scripting__gap", record.is_gap);
    this.quote(row, record);
    this.mark(row);
  }

  length(row, record) {
    row.querySelector("[data-kind]").textContent = record.is_gap ? "Gap" : record.content || !record.clip_id ? "Narration" : "Clip";
    const seconds = this.desk.seconds(record);
    row.querySelector("[data-length]").textContent = seconds ? `${seconds.toFixed(1)} s` : "";
  }

  quote(row, record) {
    const clip = this.desk.clips.find(({ id }) => id === record.clip_id);
    const place = row.querySelector("[data-quoted]");
    place.hidden = !clip;
    if (!clip) return;
    const cite = place.querySelector("[data-cite]");
    Object.assign(cite.dataset, { asset: clip.video_id, start: clip.start_time, end: clip.end_time });
    cite.textContent = `${clip.index + 1} · ${timecode(clip.start_time)}`;
    cite.setAttribute("aria-label", `${cite.textContent}, play ${clip.title}`);
    place.querySelector("[data-quote]").textContent = clip.transcript_text ? `“${clip.transcript_text}”` : clip.title;
  }

  count() {
    for (const row of this.rows.values()) this.mark(row);
  }

  mark(row) {
    const open = this.desk.commentsOn("record", row.dataset.record).filter((comment) => !comment.resolved_at).length;
    row.querySelector("[data-comments]").textContent = open || "";
    row.querySelector("[data-do=comment]").setAttribute("aria-label", `Comments on section ${row.record.index + 1}${open ? `: ${open} open` : ""}`);
  }

  // ---- Writing

  wrote(row) {
    if (!row) return;
    row.unsaved = true;
    this.say(row, "");
    clearTimeout(row.waiting);
    row.waiting = setTimeout(() => this.save(row), SAVES_AFTER);
  }

  // One request at a time for each section; what is written meanwhile is saved after it.
  async save(row) {
    clearTimeout(row.waiting);
    if (row.saving) return row.saving;
    if (!row.unsaved || !row.querySelector("[data-conflict]").hidden) return undefined;
    row.unsaved = false;
    row.saving = this.send(row);
    await row.saving;
    row.saving = null;
    return row.unsaved ? this.save(row) : undefined;
  }

  async send(row, version = row.version) {
    const body = { heading: row.querySelector("[data-heading]").value, content: row.querySelector("[data-content]").value, version };
    this.say(row, "Saving");
    const answer = await ask(`/api/records/${row.dataset.record}`, { method: "PATCH", body }).catch(() => null);
    if (answer?.ok) {
      row.version = answer.body.version;
      this.length(row, answer.body);
      return this.say(row, "Saved");
    }
    if (answer?.status === 409) return this.conflict(row, answer.body);
    row.unsaved = !answer;
    this.say(row, answer ? problem(answer) : UNREACHED);
    if (!answer) row.waiting = setTimeout(() => this.save(row), 5000);
    return undefined;
  }

  conflict(row, { current_version: version, content }) {
    const note = row.querySelector("[data-conflict]");
    note.hidden = false;
    note.querySelector("[data-theirs]").textContent = content;
    note.version = version;
    this.say(row, "Not saved");
    announce("Somebody else changed this section. Choose which is kept.");
  }

  async resolve(row, keep) {
    const note = row.querySelector("[data-conflict]");
    note.hidden = true;
    row.unsaved = false;
    if (keep) return this.send(row, note.version);
    row.version = note.version;
    this.say(row, "");
    return this.desk.read("records");
  }

  say(row, words) {
    row.querySelector("[data-saved]").textContent = words;
  }

  // Before something is made of the script: all that is being written is there.
  async settle() {
    await Promise.all([...this.rows.values()].map((row) => this.save(row)));
  }

  // ---- Acts

  async act(button) {
    const row = button?.closest("[data-record]");
    if (!row) return;
    const { record } = row;
    const acts = {
      comment: () => this.desk.discuss("record", record.index),
      again: () => this.desk.again("record", record.index),
      up: () => this.move(record.index, -1),
      down: () => this.move(record.index, 1),
      undo: () => this.back(row, "restore"),
      remove: () => this.remove(row),
      take: () => this.resolve(row, false),
      keep: () => this.resolve(row, true),
    };
    await acts[button.dataset.do]?.();
  }

  async move(index, by) {
    const ids = this.desk.records.map(({ id }) => id);
    const to = index + by;
    if (to < 0 || to >= ids.length) return announce(by < 0 ? "It is the first." : "It is the last.");
    [ids[index], ids[to]] = [ids[to], ids[index]];
    const found = await this.desk.ask(this.desk.api("records/order"), "POST", { ids });
    if (!found) return undefined;
    this.desk.take("records", found.records);
    const row = this.rows.get(ids[to]);
    row.querySelector(`[data-do=${by < 0 ? "up" : "down"}]`).focus();
    return announce(`Section ${to + 1} of ${ids.length}.`);
  }

  async back(row, verb) {
    await this.save(row);
    if (await this.desk.ask(`/api/records/${row.dataset.record}/${verb}`, "POST", {})) await this.desk.read("records");
  }

  async remove(row) {
    const next = row.nextElementSibling ?? row.previousElementSibling;
    if (!(await this.desk.ask(`/api/records/${row.dataset.record}`, "DELETE"))) return;
    row.unsaved = false;
    await this.desk.read("records");
    (next?.querySelector("[data-content]") ?? this.list).focus?.();
    toast("The section is taken out.");
  }

  async add() {
    const made = await this.desk.ask(this.desk.api("records"), "POST", { content: "", heading: "" });
    if (!made) return;
    await this.desk.read("records");
    this.rows.get(made.id)?.querySelector("[data-heading]")?.focus();
  }
}

const minutes = (seconds) => `${String(Math.floor(seconds / 60)).padStart(2, "0")}:${(seconds % 60).toFixed(1).padStart(4, "0")}`;
