// The cut as a strip of clips, as wide as they are long, and the one that is chosen with its edges, title and transition.
import { Films } from "./desk-films.js";
import { Replacing } from "./desk-replacing.js";
import { timecode, writeTimecode } from "./timecode.js";
import { announce, toast } from "./toast.js";

const PIXELS_PER_SECOND = 14;
const NARROWEST = 72;
const WIDEST = 320;
const SETTLE = 350;
const SHORTEST = 0.05;

export class CutPanel {
  constructor(desk) {
    this.desk = desk;
    this.strip = desk.querySelector("[data-strip]");
    this.list = desk.querySelector("[data-clips]");
    this.place = desk.querySelector("[data-clip-editor]");
    this.films = new Films(desk);
    this.replacing = new Replacing(desk);
    this.edges = new Map();
    this.list.addEventListener("click", ({ target }) => this.pick(target.closest("[data-item]")?.dataset.item));
    this.list.addEventListener("keydown", (event) => this.key(event));
    this.list.addEventListener("dragstart", (event) => this.drag(event));
    this.list.addEventListener("dragover", (event) => this.over(event));
    this.list.addEventListener("drop", (event) => this.drop(event));
    this.list.addEventListener("dragend", () => this.mark(null));
    this.place.addEventListener("click", ({ target }) => this.act(target.closest("[data-do], [data-by]")));
    this.place.addEventListener("change", ({ target }) => this.wrote(target.closest("[data-field]")));
    desk.querySelector("[data-render]")?.addEventListener("click", () => this.films.ask());
  }

  get clip() {
    return this.desk.clips.find(({ id }) => id === this.chosen);
  }

  draw() {
    const { clips } = this.desk;
    if (!clips.some(({ id }) => id === this.chosen)) this.chosen = clips[0]?.id;
    this.strip.hidden = false;
    const focused = this.list.contains(document.activeElement) && document.activeElement.closest("[data-item]")?.dataset.item;
    this.list.replaceChildren(...clips.map((clip) => this.item(clip)));
    if (focused) this.button(focused)?.focus();
    const inCut = clips.filter((clip) => clip.in_cut);
    const length = inCut.reduce((sum, clip) => sum + clip.end_time - clip.start_time, 0);
    this.desk.querySelector("[data-cut-length]").textContent = clips.length ? `${inCut.length} clips, ${length.toFixed(1)} s` : "No clips yet. Ask for some, or add one from the library.";
    const render = this.desk.querySelector("[data-render]");
    if (render) render.disabled = !inCut.length;
    this.edit();
  }

  item(clip) {
    const item = this.desk.part("strip-clip");
    const seconds = clip.end_time - clip.start_time;
    item.dataset.item = clip.id;
    item.style.setProperty("--_width", `${Math.round(Math.min(WIDEST, Math.max(NARROWEST, seconds * PIXELS_PER_SECOND)))}px`);
    item.classList.toggle("strip__clip--on", clip.id === this.chosen);
    item.classList.toggle("scripting__out", !clip.in_cut);
    const picture = item.querySelector("[data-picture]");
    picture.addEventListener("error", () => picture.remove(), { once: true });
    picture.src = clip.thumbnail_url;
    item.querySelector("[data-name]").textContent = `${clip.index + 1} · ${clip.title}`;
    const pick = item.querySelector("[data-pick]");
    pick.setAttribute("aria-label", `Clip ${clip.index + 1} of ${this.desk.clips.length}: ${clip.title}, ${seconds.toFixed(1)} s${clip.in_cut ? "" : ", not in the cut"}`);
    pick.setAttribute("aria-pressed", String(clip.id === this.chosen));
    return item;
  }

  button(id) {
    return this.list.querySelector(`[data-item="${CSS.escape(id)}"] [data-pick]`);
  }

  pick(id) {
    if (!id) return;
    this.chosen = id;
    this.draw();
    this.button(id)?.focus();
  }

  // ---- Order

  key(event) {
    const id = event.target.closest("[data-item]")?.dataset.item;
    const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!id || !by) return;
    event.preventDefault();
    event.stopPropagation();
    const index = this.desk.clips.findIndex((clip) => clip.id === id);
    if (event.altKey && this.desk.mayWrite) return this.move(id, index + by);
    return this.pick(this.desk.clips[index + by]?.id);
  }

  drag(event) {
    const item = event.target.closest("[data-item]");
    if (!item) return;
    this.dragged = item.dataset.item;
    event.dataTransfer.effectAllowed = "move";
    event.dataTransfer.setData("text/plain", this.dragged);
  }

  over(event) {
    const item = event.target.closest("[data-item]");
    if (!this.dragged || !item) return;
    event.preventDefault();
    this.mark(item, this.isAfter(event, item));
  }

  isAfter(event, item) {
    const { left, width } = item.getBoundingClientRect();
    return event.clientX > left + width / 2;
  }

  mark(item, after = false) {
    for (const one of this.list.children) one.classList.remove("scripting__before", "scripting__after");
    item?.classList.add(after ? "scripting__after" : "scripting__before");
    if (!item) this.dragged = null;
  }

  drop(event) {
    const item = event.target.closest("[data-item]");
    const { dragged } = this;
    this.mark(null);
    if (!dragged || !item || item.dataset.item === dragged) return;
    event.preventDefault();
    const rest = this.desk.clips.filter(({ id }) => id !== dragged);
    this.move(dragged, rest.findIndex(({ id }) => id === item.dataset.item) + (this.isAfter(event, item) ? 1 : 0));
  }

  move(id, to) {
    const ids = this.desk.clips.map((clip) => clip.id).filter((one) => one !== id);
    if (to < 0 || to > ids.length) return announce(to < 0 ? "It is the first." : "It is the last.");
    ids.splice(to, 0, id);
    // It stands there at once, so that the next press counts from there.
    const known = new Map(this.desk.clips.map((clip) => [clip.id, clip]));
    this.chosen = id;
    this.desk.take("clips", ids.map((one, index) => ({ ...known.get(one), index })));
    announce(`Clip ${to + 1} of ${ids.length}.`);
    this.queue = (this.queue ?? Promise.resolve()).then(async () => {
      if (!(await this.desk.ask(this.desk.api("clips/order"), "POST", { ids }))) await this.desk.read("clips");
    });
    return this.queue;
  }

  // ---- The one that is chosen

  edit() {
    const { clip } = this;
    if (!clip) return this.place.replaceChildren();
    const same = this.place.firstElementChild?.dataset.of === clip.id;
    const editor = same ? this.place.firstElementChild : this.desk.part("clip");
    editor.dataset.of = clip.id;
    editor.querySelector("[data-title]").textContent = `${clip.index + 1} · ${clip.title}`;
    editor.querySelector("[data-quote]").textContent = clip.transcript_text ? `“${clip.transcript_text}”` : "No speech here";
    for (const field of editor.querySelectorAll("[data-field]")) if (field !== document.activeElement) field.value = clip[field.dataset.field];
    const inCut = editor.querySelector("[data-do=in-cut]");
    if (inCut) {
      inCut.setAttribute("aria-pressed", String(clip.in_cut));
      inCut.querySelector("[data-in-cut]").textContent = clip.in_cut ? "Take out of the cut" : "Put into the cut";
    }
    this.times(editor, clip.start_time, clip.end_time, clip);
    if (!same) this.place.replaceChildren(editor);
    this.count();
    return undefined;
  }

  times(editor, start, end, clip) {
    for (const [side, at] of [["start", start], ["end", end]]) {
      const time = editor.querySelector(`[data-edge="${side}"] [data-time]`);
      if (time) writeTimecode(time, at);
    }
    const play = editor.querySelector("[data-cite]");
    Object.assign(play.dataset, { asset: clip.video_id, start, end });
    const length = `${(end - start).toFixed(2)} s`;
    play.querySelector("[data-range]").textContent = length;
    play.setAttribute("aria-label", `Play clip ${clip.index + 1}, ${length} from ${timecode(start)}`);
  }

  count() {
    const { clip } = this;
    const place = this.place.querySelector("[data-comments]");
    if (!clip || !place) return;
    const open = this.desk.commentsOn("clip", clip.id).filter((comment) => !comment.resolved_at).length;
    place.textContent = open || "";
    place.closest("button").setAttribute("aria-label", `Comments on clip ${clip.index + 1}${open ? `: ${open} open` : ""}`);
  }

  async act(button) {
    const { clip } = this;
    if (!button || !clip) return;
    if (button.dataset.by) return this.nudge(button.closest("[data-edge]").dataset.edge, button.dataset.by);
    const acts = {
      comment: () => this.desk.discuss("clip", clip.index),
      "in-cut": () => this.change({ in_cut: !clip.in_cut }),
      left: () => this.move(clip.id, clip.index - 1),
      right: () => this.move(clip.id, clip.index + 1),
      replace: () => this.replacing.open(clip),
      again: () => this.desk.again("clip", clip.index),
      undo: () => this.back(clip),
      remove: () => this.remove(clip),
    };
    return acts[button.dataset.do]?.();
  }

  // What its footage says around it, and how long a frame lasts.
  async around(clip) {
    const key = `${clip.id}:${clip.video_id}`;
    if (!this.edges.has(key)) this.edges.set(key, this.desk.ask(`/api/clips/${clip.id}/edges`));
    const found = await this.edges.get(key);
    if (!found) this.edges.delete(key);
    return found;
  }

  async nudge(side, by) {
    const { chosen } = this;
    const found = await this.around(this.clip);
    // Meanwhile the studio may have answered an earlier press.
    const { clip } = this;
    if (!found || clip?.id !== chosen) return undefined;
    const now = { start: clip.start_time, end: clip.end_time };
    now[side] = moved(now[side], by, side, found);
    const length = found.duration || Infinity;
    now.start = Math.max(0, Math.min(now.start, length));
    now.end = Math.max(0, Math.min(now.end, length));
    if (now.end - now.start < SHORTEST) return announce("The clip cannot be shorter.");
    this.times(this.place.firstElementChild, now.start, now.end, clip);
    announce(`${side === "start" ? "In" : "Out"} ${timecode(now[side])}`);
    Object.assign(clip, { start_time: now.start, end_time: now.end });
    // Many presses, one question: the last place counts.
    clearTimeout(this.waiting);
    this.waiting = setTimeout(() => {
      this.waiting = null;
      this.change({ start_time: now.start, end_time: now.end }, clip);
    }, SETTLE);
    return undefined;
  }

  wrote(field) {
    if (!field || !this.clip || field.value === this.clip[field.dataset.field]) return;
    this.change({ [field.dataset.field]: field.value });
  }

  // One after the other: each names the version that the one before it made.
  change(wanted, clip = this.clip) {
    this.queue = (this.queue ?? Promise.resolve()).then(() => this.send(wanted, clip));
    return this.queue;
  }

  async send(wanted, clip) {
    const made = await this.desk.ask(`/api/clips/${clip.id}`, "PATCH", { ...wanted, version: this.desk.clips.find(({ id }) => id === clip.id)?.version });
    if (!made) return this.desk.read("clips");
    // Words around the new place are other words.
    if ("start_time" in wanted || "video_id" in wanted) this.edges.clear();
    // What was pressed since then is sent next.
    const later = this.waiting && this.chosen === made.id ? { start_time: this.clip.start_time, end_time: this.clip.end_time } : {};
    this.desk.take("clips", this.desk.clips.map((one) => (one.id === made.id ? { ...made, index: one.index, ...later } : one)));
    if ("in_cut" in wanted) announce(made.in_cut ? "In the cut." : "Taken out of the cut.");
    return undefined;
  }

  async back(clip) {
    if (await this.desk.ask(`/api/clips/${clip.id}/restore`, "POST", {})) await this.desk.read("clips");
  }

  async remove(clip) {
    if (!(await this.desk.ask(`/api/clips/${clip.id}`, "DELETE"))) return;
    await this.desk.read("clips");
    toast(`“${clip.title}” is taken out of the conversation.`);
  }
}

// The edge at `at`, moved by a frame, a part of a second or a word.
function moved(at, by, side, { fps, words }) {
  const sign = by.startsWith("-") ? -1 : 1;
  const what = by.slice(1);
  if (what === "frame") return rounded((Math.round(at * (fps || 25)) + sign) / (fps || 25));
  if (what !== "word") return rounded(at + sign * Number(what));
  const edges = words.map((word) => word[side]).sort((one, other) => one - other);
  const next = sign > 0 ? edges.find((edge) => edge > at + 0.001) : edges.findLast((edge) => edge < at - 0.001);
  if (next === undefined) announce("No further word here.");
  return next ?? at;
}

const rounded = (seconds) => Math.round(seconds * 1000) / 1000;
