// Checking the language from the desk: cues found right, comments at cues, and the moves that its state and one's role allow.
import { ask, refusal } from "./cue-asking.js";
import { CueComments } from "./cue-comments.js";
import { LiveSocket } from "./live.js";
import { announce, toast } from "./toast.js";

const MOVES = {
  start_work: { done: "Work begun." },
  submit: { done: "Submitted.", asks: "comment", title: "Submit this language", says: "A word for the reviewer, if there is one to say." },
  open_review: { done: "Review opened." },
  approve: { done: "Approved.", asks: "comment", title: "Approve this language", says: "A word for the linguist, if there is one to say." },
  reject: { done: "Rejected.", asks: "reason", needed: true, title: "Reject this language", says: "What has to change. The linguist reads it." },
  reopen: { done: "Taken up again.", asks: "comment", title: "Take it up again", says: "Why, if there is something to say." },
};

// As core.templatetags.ui says them.
const KINDS = { in_progress: "state--work", in_review: "state--work", approved: "state--done", rejected: "state--halt", unassigned: "state--none", assigned: "state--none" };

export class CueReview {
  constructor(desk) {
    this.desk = desk;
    const { job, language } = desk.dataset;
    this.base = `/api/v1/language-qc/jobs/${job}`;
    this.address = `${this.base}/languages/${encodeURIComponent(language)}`;
    this.right = new WeakSet();
    this.allowed = new Set();
    this.known = 0;
    this.dialog = desk.querySelector("[data-move]");
    this.dialog.querySelector("form").addEventListener("submit", (event) => this.send(event));
    this.comments = new CueComments(desk, this.address);
    desk.addEventListener("desk-saved", () => this.going || this.load());
    desk.addEventListener("desk-changed", () => {
      clearTimeout(this.counting);
      this.counting = setTimeout(() => this.drawProgress(), 200);
    });
    this.begun = this.load({ first: true });
    this.socket = new LiveSocket({
      address: `/api/v1/ws/status?job_id=${job}`,
      after: null,
      hear: (event) => event.type === "language.state" && event.language === language && this.load(),
      poll: () => {},
      tell: () => {},
    });
  }

  async load({ first = false } = {}) {
    const known = this.known;
    const answer = await ask(`${this.base}/language-qc`).catch(() => null);
    const state = answer?.ok ? answer.body.languages?.[this.desk.dataset.language] : null;
    // What a mark or a move answered meanwhile is newer.
    if (!state || this.going || this.known !== known) return;
    this.take(state);
    if (first) this.comments.load();
  }

  take(state) {
    const { desk } = this;
    this.known++;
    this.state = state;
    this.allowed = new Set(state.allowed_actions ?? []);
    if (desk.dataset.kind === "captions") {
      this.right = new WeakSet();
      // Their places are those of the newest version, which is the one that was saved here last.
      for (const index of state.reviewed_cues) if (desk.list.saved[index]) this.right.add(desk.list.saved[index]);
    }
    this.draw();
    desk.grid.refresh();
  }

  // A cue that changed since is read again.
  isReviewed(cue) {
    return this.right.has(cue);
  }

  openComments(cue) {
    return this.comments.open(cue);
  }

  get marks() {
    return this.allowed.has("mark_cue_reviewed");
  }

  draw() {
    const { desk, state } = this;
    for (const button of desk.querySelectorAll("[data-review]")) button.hidden = !this.allowed.has(button.dataset.review);
    const badge = desk.querySelector(".desk__top .state");
    const name = state.state.replaceAll("_", " ");
    badge.dataset.state = state.state;
    badge.className = `state ${KINDS[state.state] ?? ""}`;
    badge.textContent = name[0].toUpperCase() + name.slice(1);
    this.drawProgress();
    this.drawBox();
    for (const part of desk.querySelectorAll("[data-reviewing]")) part.hidden = desk.dataset.kind !== "captions" && !this.marks;
    for (const part of desk.querySelectorAll("[data-marking]")) part.hidden = !this.marks;
    for (const part of desk.querySelectorAll("[data-not-marking]")) part.hidden = this.marks;
    const reason = desk.querySelector("[data-rejection]");
    reason.hidden = !(state.rejection_reason && ["rejected", "in_progress", "assigned"].includes(state.state));
    reason.querySelector("p").textContent = state.rejection_reason ? `Sent back: ${state.rejection_reason}` : "";
  }

  drawProgress() {
    if (!this.state) return;
    const { cues } = this.desk.list;
    const count = cues.filter((cue) => this.right.has(cue)).length;
    const note = this.desk.querySelector("[data-reviewed-count]");
    note.hidden = this.desk.dataset.kind !== "captions";
    note.textContent = `${count} of ${cues.length} reviewed`;
  }

  drawBox() {
    const done = this.desk.querySelector("[data-is-reviewed]");
    if (done && this.desk.cue) done.hidden = !this.isReviewed(this.desk.cue);
    this.comments?.drawBox();
  }

  dress(row, cue) {
    row.querySelector("[data-flag=reviewed]").hidden = !this.isReviewed(cue);
    const badge = row.querySelector("[data-flag=comments]");
    const open = this.openComments(cue);
    badge.hidden = !open.length;
    if (open.length) badge.querySelector("[data-comment-count]").textContent = open.length;
  }

  // Save what changed, mark the cue, and on to the next one.
  async reviewed() {
    const { desk } = this;
    const { cue } = desk;
    if (!cue || this.pressed) return;
    this.pressed = true;
    await this.begun;
    this.going = true;
    try {
      if (desk.list.dirty && !(await desk.saving.save())) return;
      if (this.marks) {
        const index = desk.list.index(cue.key);
        const answer = await ask(`${this.address}/mark-cue-reviewed`, { method: "POST", body: { cue_index: index, kind: desk.dataset.kind } });
        if (!answer.ok) return toast(refusal(answer), "error");
        this.take(answer.body);
        this.right.add(desk.list.cues[index]);
        announce(`Cue ${index + 1} reviewed.`);
      }
      const inText = document.activeElement === desk.text;
      desk.act("cue-down");
      if (inText) desk.text.setSelectionRange(0, 0);
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
      toast("The studio cannot be reached. Try again.", "error");
    } finally {
      this.going = this.pressed = false;
    }
  }

  write() {
    this.comments.write();
  }

  // ---- moves

  do(name) {
    const move = MOVES[name];
    if (!move || !this.allowed.has(name)) return false;
    if (!move.asks) return this.move(name, {});
    this.asked = name;
    this.dialog.querySelector("[data-move-title]").textContent = move.title;
    this.dialog.querySelector("[data-move-says]").textContent = move.says;
    this.dialog.querySelector("[data-move-send]").textContent = move.title;
    const text = this.dialog.querySelector("textarea");
    text.required = Boolean(move.needed);
    text.value = "";
    this.dialog.showModal();
    text.focus();
  }

  send(event) {
    event.preventDefault();
    const { asks } = MOVES[this.asked];
    const text = this.dialog.querySelector("textarea").value.trim();
    this.dialog.close();
    this.move(this.asked, text ? { [asks]: text } : {});
  }

  async move(name, body) {
    const { desk } = this;
    if (desk.list.dirty && ["submit", "approve"].includes(name) && !(await desk.saving.save())) return;
    try {
      const answer = await ask(`${this.address}/${name.replaceAll("_", "-")}`, { method: "POST", body });
      if (!answer.ok) return toast(refusal(answer), "error");
      toast(MOVES[name].done, "ok");
      // Who may write changes with the state: the page knows it anew.
      if (["submit", "approve", "reopen", "start_work"].includes(name)) return location.reload();
      await this.load();
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
      toast("The studio cannot be reached. Try again.", "error");
    }
  }
}
