// Films that are made of the cut: asked for, followed while they are made, watched where they stand.
import { ask } from "./chat-asking.js";
import { announce } from "./toast.js";

const POLL = 4000;
const STATES = { rendering: "Rendering", ready: "Ready", failed: "Could not be rendered", cancelled: "Cancelled" };

export class Films {
  constructor(desk) {
    this.desk = desk;
    this.place = desk.querySelector("[data-films]");
    this.dialog = desk.querySelector("[data-render-dialog]");
    this.rows = new Map();
    this.dialog?.querySelector("form").addEventListener("submit", (event) => this.begin(event));
    this.dialog?.querySelector("[name=music_id]").addEventListener("change", ({ target }) => {
      this.dialog.querySelector("[data-music-level]").hidden = !target.value;
    });
    this.place.addEventListener("click", ({ target }) => this.act(target.closest("button")));
  }

  async read() {
    const answer = await ask(this.desk.api("renders")).catch(() => null);
    if (!answer?.ok) return;
    this.films = answer.body.renders;
    this.draw();
  }

  draw() {
    const rows = this.films.slice(0, 5).map((film) => {
      const row = this.rows.get(film.id) ?? this.desk.part("film");
      this.rows.set(film.id, row);
      this.fill(row, film);
      return row;
    });
    if (rows.some((row, index) => this.place.children[index] !== row) || this.place.children.length !== rows.length) this.place.replaceChildren(...rows);
    clearTimeout(this.polling);
    // Events tell of it; should they not come, it is asked for.
    if (this.films.some(({ status }) => status === "rendering")) this.polling = setTimeout(() => this.read(), POLL);
  }

  fill(row, film) {
    row.dataset.film = film.id;
    row.film = film;
    row.querySelector("[data-state]").textContent = STATES[film.status] ?? film.status;
    const when = film.created_at ? new Date(film.created_at).toLocaleString(undefined, { dateStyle: "short", timeStyle: "short" }) : "";
    row.querySelector("[data-about]").textContent = [film.duration ? `${film.duration.toFixed(1)} s` : "", when].filter(Boolean).join(" · ");
    this.progress(row, film.status, Math.round(film.progress * 100));
    const problem = row.querySelector("[data-problem]");
    problem.hidden = film.status !== "failed";
    problem.textContent = film.error ?? "";
    for (const name of ["watch", "download", "page"]) row.querySelector(`[data-${name}]`).hidden = !film.video_url;
    if (film.video_id) row.querySelector("[data-page]").href = `/library/${film.video_id}`;
    for (const [name, status] of [["cancel", "rendering"], ["retry", "failed"]]) {
      const button = row.querySelector(`[data-${name}]`);
      if (button) button.hidden = film.status !== status;
    }
  }

  progress(row, status, share) {
    const bar = row.querySelector("progress");
    bar.hidden = status !== "rendering";
    bar.value = share ?? 0;
    bar.textContent = `${share ?? 0} %`;
  }

  hear({ render_id: id, status, progress }) {
    const row = this.rows.get(id);
    if (!row || status !== row.film.status) {
      if (row && status === "ready") announce("The film is ready.");
      return this.read();
    }
    return this.progress(row, status, progress);
  }

  async ask() {
    this.dialog.showModal();
    if (this.music) return;
    const answer = await ask("/api/audio").catch(() => null);
    this.music = answer?.ok ? answer.body : [];
    const choice = this.dialog.querySelector("[name=music_id]");
    for (const { id, title } of this.music) choice.append(new Option(title, id));
  }

  async begin(event) {
    const form = new FormData(event.target);
    const body = {
      transition_seconds: Number(form.get("transition_seconds")),
      captions: form.get("captions"),
      loudness: form.get("loudness"),
      aspect: form.get("aspect"),
      ...(form.get("music_id") ? { music_id: form.get("music_id"), music_level: Number(form.get("music_level")) } : {}),
    };
    const made = await this.desk.ask(this.desk.api("renders"), "POST", body);
    if (!made) return;
    announce("The film is being rendered.");
    await this.read();
  }

  async act(button) {
    const row = button?.closest("[data-film]");
    if (!row) return;
    if ("watch" in button.dataset) return this.watch(row, button);
    if ("download" in button.dataset) return this.download(row);
    const verb = "cancel" in button.dataset ? "cancel" : "retry" in button.dataset ? "retry" : "";
    if (verb && (await this.desk.ask(`/api/renders/${row.dataset.film}/${verb}`, "POST", {}))) await this.read();
  }

  async download(row) {
    const found = await this.desk.ask(`/api/video-download/${row.film.video_id}`);
    if (found) location.assign(found.download_url);
  }

  async watch(row, button) {
    const open = row.querySelector("video");
    button.setAttribute("aria-expanded", String(!open));
    if (open) return open.remove();
    const video = document.createElement("video");
    Object.assign(video, { controls: true, playsInline: true, src: row.film.video_url, className: "scripting__screen" });
    video.setAttribute("aria-label", "The film of this cut");
    row.append(video);
    return video.play().catch(() => video.focus());
  }
}
