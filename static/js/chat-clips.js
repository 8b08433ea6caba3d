// The cards of proposed clips: in and out points, in or out of the cut, another one in its place, and what people say of it.
import { ask, asked, problem } from "./chat-asking.js";
import { announce, toast } from "./toast.js";
import { timecode, writeTimecode } from "./timecode.js";

const STEP = 0.1;
const STRIDE = 1;
const SETTLE = 350;

export class ClipCards {
  constructor(thread) {
    this.thread = thread;
    this.dialog = document.querySelector("#clip-dialog");
    thread.addEventListener("click", ({ target }) => {
      const card = target.closest("[data-clip]");
      if (!card) return;
      const step = target.closest("[data-step]");
      if (step) this.nudge(card, step.closest("[data-nudge]").dataset.nudge, Number(step.dataset.step) * STEP);
      else if (target.closest("[data-in-cut]")) this.change(card, { in_cut: target.closest("[data-in-cut]").getAttribute("aria-pressed") !== "true" });
      else if (target.closest("[data-comment-clip]")) this.open(card, "comment");
      else if (target.closest("[data-regenerate]")) this.open(card, "again");
    });
    thread.addEventListener("keydown", (event) => this.key(event));
    this.dialog?.querySelector("form").addEventListener("submit", (event) => this.say(event));
  }

  key(event) {
    const point = event.target.closest("[data-nudge]");
    const step = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1 }[event.key];
    if (!step || !point || point !== event.target || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    this.nudge(point.closest("[data-clip]"), point.dataset.nudge, step * (event.shiftKey ? STRIDE : STEP));
  }

  // Many presses, one question: the last place counts.
  nudge(card, point, by) {
    const other = Number(card.dataset[point === "start" ? "end" : "start"]);
    const wanted = Math.max(0, Math.round((Number(card.dataset[point]) + by) * 1000) / 1000);
    if (point === "start" ? wanted >= other - 0.05 : wanted <= other + 0.05) return announce("The clip cannot be shorter.");
    card.dataset[point] = wanted.toFixed(3);
    this.write(card);
    announce(`${point === "start" ? "In" : "Out"} ${timecode(wanted)}`);
    clearTimeout(card.waiting);
    card.waiting = setTimeout(() => {
      card.waiting = null;
      this.change(card, { start_time: Number(card.dataset.start), end_time: Number(card.dataset.end) });
    }, SETTLE);
  }

  // One after the other: each names the version that the one before it made. A nudge that has not settled yet goes along.
  change(card, wanted) {
    if (card.waiting) {
      clearTimeout(card.waiting);
      card.waiting = null;
      wanted = { start_time: Number(card.dataset.start), end_time: Number(card.dataset.end), ...wanted };
    }
    card.turn = (card.turn ?? Promise.resolve()).then(() => this.send(card, wanted));
    return card.turn;
  }

  async send(card, wanted) {
    const body = { ...wanted, version: Number(card.dataset.version) };
    const answer = await ask(`/api/clips/${card.dataset.clip}`, { method: "PATCH", body }).catch(() => null);
    if (answer?.ok) {
      this.show(answer.body);
      if ("in_cut" in wanted) announce(answer.body.in_cut ? "In the cut." : "Taken out of the cut.");
      return;
    }
    toast(answer ? problem(answer) : "The studio cannot be reached.", "error");
    this.refresh();
  }

  card(id) {
    return this.thread.querySelector(`[data-clip="${CSS.escape(id)}"]`);
  }

  // As the studio has it now.
  show(clip) {
    const card = this.card(clip.id);
    if (!card || card.waiting) return Boolean(card);
    Object.assign(card.dataset, { start: clip.start_time.toFixed(3), end: clip.end_time.toFixed(3), version: clip.version, index: clip.index, asset: clip.video_id });
    card.classList.toggle("clip--in", clip.in_cut);
    card.querySelector(".clip__title").textContent = clip.title;
    card.querySelector("[data-quote]").textContent = clip.transcript_text ? `“${clip.transcript_text}”` : "No speech here";
    card.querySelector(".thumb__kind").textContent = clip.index + 1;
    const button = card.querySelector("[data-in-cut]");
    if (button) {
      button.setAttribute("aria-pressed", String(clip.in_cut));
      button.querySelector("span").textContent = clip.in_cut ? "In the cut" : "Add to the cut";
    }
    this.write(card);
    return true;
  }

  write(card) {
    const [start, end] = [Number(card.dataset.start), Number(card.dataset.end)];
    for (const [point, at] of [["start", start], ["end", end]]) writeTimecode(card.querySelector(`[data-nudge="${point}"] [data-at]`), at);
    card.querySelector("[data-length]").textContent = `${(end - start).toFixed(1)} s`;
    const link = card.querySelector("[data-download]");
    if (!link) return;
    const address = new URL(link.href);
    address.searchParams.set("start", start.toFixed(3));
    address.searchParams.set("end", end.toFixed(3));
    link.href = address;
  }

  // Somebody changed the cut: the cards follow. Footage put in another's place has another picture, so such a message is read anew.
  async refresh() {
    if (!this.thread.id_) return;
    const answer = await ask(`/api/conversations/${this.thread.id_}/clips`).catch(() => null);
    if (!answer?.ok) return;
    const known = new Map(answer.body.clips.map((clip) => [clip.id, clip]));
    const stale = new Set();
    for (const card of this.thread.querySelectorAll("[data-clip]")) {
      const clip = known.get(card.dataset.clip);
      if (!clip || clip.video_id !== card.dataset.asset) stale.add(card.closest("[data-message]").dataset.message);
      else this.show(clip);
    }
    for (const { id, message_id: message } of answer.body.clips) if (message && !this.card(id) && this.thread.message(message)) stale.add(message);
    for (const message of stale) this.thread.renew(message);
  }

  route(card, verb) {
    return `/api/clips/${this.thread.id_}/${card.dataset.index}/${verb}`;
  }

  async open(card, kind) {
    const { dialog } = this;
    this.asking = { card, kind };
    const again = kind === "again";
    dialog.querySelector("[data-title]").textContent = `${again ? "Find another for" : "Comments on"} clip ${Number(card.dataset.index) + 1}`;
    dialog.querySelector("[data-label]").textContent = again ? "What should be different?" : "Your comment";
    dialog.querySelector("[data-hint]").textContent = again ? "May stay empty: then what people said of the clip counts." : "Write @mv-video, and another clip is looked for with your words.";
    dialog.querySelector("[type=submit]").textContent = again ? "Find another" : "Comment";
    const text = dialog.querySelector("textarea");
    text.value = "";
    text.required = !again;
    const list = dialog.querySelector("[data-comments]");
    list.replaceChildren();
    list.hidden = again;
    dialog.showModal();
    text.focus();
    if (again) return;
    const found = await asked((words) => toast(words, "error"), this.route(card, "comments"));
    list.replaceChildren(...(found?.comments ?? []).map((one) => this.row(one)));
  }

  row({ content, user, created_at: at }) {
    const item = document.createElement("li");
    item.className = "rows__item";
    const head = document.createElement("b");
    head.textContent = user?.name ?? "Somebody who left";
    const when = document.createElement("time");
    Object.assign(when, { dateTime: at, className: "meta", textContent: new Date(at).toLocaleString() });
    const said = document.createElement("p");
    said.className = "clip-said";
    said.textContent = content;
    item.append(head, when, said);
    return item;
  }

  async say(event) {
    event.preventDefault();
    const { card, kind } = this.asking;
    const text = this.dialog.querySelector("textarea").value.trim();
    const again = kind === "again";
    if (!again && !text) return;
    this.dialog.close();
    if (again) card.setAttribute("aria-busy", "true");
    const done = await asked((words) => toast(words, "error"), this.route(card, again ? "regenerate" : "comments"), {
      method: "POST",
      body: again ? { feedback: text } : { content: text },
    });
    card.removeAttribute("aria-busy");
    if (!done) return;
    if (again) toast(done.new_clip ? `Clip ${Number(card.dataset.index) + 1} is now “${done.new_clip.title}”.` : "Another clip is being looked for.", "ok");
    else toast(done.regeneration_requested ? "Said. Another clip is being looked for." : "Said.", "ok");
    this.refresh();
  }
}
