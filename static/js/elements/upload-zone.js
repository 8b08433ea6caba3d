// <upload-zone> turns the plain upload form inside it into resumable uploads: drag or pick several files, send, pause, go on after a reload.
import { size, lasting } from "../timecode.js";
import { announce } from "../toast.js";
import { Upload } from "../upload.js";

const AT_ONCE = 2;
const TYPES = { mp4: "video/mp4", m4v: "video/mp4", mov: "video/quicktime", webm: "video/webm", mkv: "video/x-matroska", avi: "video/x-msvideo" };

export const ending = ({ name }) => name.split(".").at(-1).toLowerCase();

export class UploadZone extends HTMLElement {
  kind = Upload;

  connectedCallback() {
    this.uploads = [];
    this.form = this.querySelector("form");
    this.input = this.form.querySelector("input[type=file]");
    this.drop = this.querySelector("[data-drop]");
    this.list = this.querySelector("[data-files]");
    this.input.multiple = true;
    this.input.required = false;
    this.input.addEventListener("change", () => {
      this.add(this.input.files);
      this.input.value = "";
    });
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.send();
    });
    // The whole page takes files.
    for (const kind of ["dragenter", "dragover"]) document.addEventListener(kind, (event) => this.over(event));
    document.addEventListener("dragleave", (event) => event.relatedTarget || this.mark(false));
    document.addEventListener("drop", (event) => {
      if (!event.dataTransfer.files.length) return;
      event.preventDefault();
      this.mark(false);
      this.take(event.dataTransfer);
    });
    addEventListener("hashchange", () => this.reveal());
    this.reveal();
    addEventListener("beforeunload", (event) => {
      if (this.uploads.some(({ state }) => state === "sending" || state === "finishing")) event.preventDefault();
    });
    for (const saved of this.kind.unfinished()) this.remind(saved);
    this.tidy();
  }

  take(transfer) {
    this.add(transfer.files);
  }

  over(event) {
    if (![...event.dataTransfer.types].includes("Files")) return;
    event.preventDefault();
    this.mark(true);
  }

  mark(over) {
    this.drop.classList.toggle("drop--over", over);
    this.querySelector("[data-fold]").classList.toggle("fold--over", over);
  }

  reveal() {
    if (location.hash === "#new-job-form") this.querySelector("[data-fold]").open = true;
  }

  add(files) {
    for (const file of files) {
      this.querySelector(`[data-saved="${CSS.escape(this.kind.keyOf(file))}"]`)?.remove();
      if (this.holds(file)) continue;
      const contentType = TYPES[ending(file)] ?? file.type;
      const row = this.row(file.name);
      const refusal = this.refusal(file, contentType);
      if (refusal) {
        this.refuse(row, refusal);
        continue;
      }
      const upload = this.create(file, contentType);
      this.uploads.push(upload);
      upload.addEventListener("change", () => this.show(upload, row));
      row.querySelector("[data-pause]").addEventListener("click", () => upload.pause());
      row.querySelector("[data-go-on]").addEventListener("click", () => this.start(upload));
      row.querySelector("[data-cancel]").addEventListener("click", () => {
        upload.cancel();
        row.remove();
        this.tidy();
      });
      this.show(upload, row);
      this.ready(upload);
    }
    this.tidy();
  }

  holds(file) {
    return this.uploads.some((other) => other.file.name === file.name && other.file.size === file.size && other.state !== "cancelled");
  }

  create(file, contentType) {
    const { chunk, init, complete } = this.dataset;
    return new this.kind(file, { contentType, chunk: Number(chunk), init, complete, order: null });
  }

  // One that was begun before goes on by itself, with the order it was begun with.
  ready(upload) {
    if (upload.saved) this.start(upload);
  }

  // Said before a byte is sent.
  refusal(file, contentType) {
    if (!this.dataset.types.split(",").includes(contentType)) return "This is not a video the studio reads. Choose MP4, MOV, WebM, MKV or AVI.";
    if (!file.size) return "This file is empty. Export it again.";
    const most = Number(this.dataset.most);
    if (file.size > most) return `${size(file.size)} is over the limit of ${size(most)}. Export it smaller, or in parts.`;
    return "";
  }

  send() {
    const waiting = this.uploads.filter(({ state }) => state === "waiting");
    if (!waiting.length) {
      this.querySelector("[data-nothing]").hidden = false;
      this.input.focus();
      return;
    }
    const form = new FormData(this.form);
    const order = {
      source_language: form.get("source_language"),
      project_id: form.get("project_id") || null,
      brief_id: form.get("brief_id") || null,
      requested_outputs: {
        captions_vtt: form.has("captions_vtt"),
        audio_description_vtt: form.has("audio_description_vtt"),
        audio_description_mp3: form.has("audio_description_mp3"),
        accessible_video_mp4: form.has("accessible_video_mp4"),
        languages: form.getAll("languages"),
      },
    };
    const title = form.get("title").trim();
    for (const upload of waiting) {
      upload.order = title && waiting.length === 1 ? { ...order, title } : order;
      upload.state = "queued";
      this.start(upload);
    }
  }

  start(upload) {
    const busy = this.uploads.filter(({ state }) => state === "sending").length;
    if (busy >= AT_ONCE) {
      upload.change("queued");
      return;
    }
    upload.start();
  }

  show(upload, row) {
    const { state, file, sent, speed, message } = upload;
    const bar = row.querySelector("progress");
    bar.value = file.size ? sent / file.size : 0;
    bar.classList.toggle("progress--quiet", state === "paused" || state === "waiting" || state === "queued");
    bar.textContent = `${Math.floor(bar.value * 100)} %`;
    row.querySelector("[data-pause]").hidden = state !== "sending";
    row.querySelector("[data-go-on]").hidden = state !== "paused";
    row.querySelector("[data-cancel]").hidden = state === "finishing" || state === "done";
    const percent = `${Math.floor(bar.value * 100)} %`;
    const left = speed > 0 ? `, ${size(speed)}/s, ${lasting((file.size - sent) / speed)} left` : "";
    const texts = {
      waiting: `${size(file.size)}, ready to upload`,
      queued: `${size(file.size)}, waits for its turn`,
      sending: message || `${size(sent)} of ${size(file.size)}, ${percent}${left}`,
      paused: `Paused at ${percent}. It goes on after a reload, too.`,
      finishing: "Checking the file",
      done: "Uploaded",
      failed: "",
    };
    row.querySelector("[data-text]").textContent = texts[state] ?? "";
    if (state === "failed") this.refuse(row, message);
    if (state === "done") this.done(upload, row);
    if (["done", "failed", "paused", "cancelled"].includes(state)) {
      const next = this.uploads.find((other) => other.state === "queued");
      if (next) next.start();
    }
    this.tidy();
  }

  done(upload, row) {
    const link = row.querySelector("[data-link]");
    link.hidden = false;
    link.href = this.dataset.job.replace("00000000-0000-0000-0000-000000000000", upload.job.id);
    announce(`${upload.file.name} is uploaded. Its job has begun.`);
    for (const part of document.querySelectorAll("[data-live-fragment]")) part.dispatchEvent(new CustomEvent("live-changed"));
    document.body.dispatchEvent(new CustomEvent("job-changed"));
  }

  refuse(row, text) {
    const error = row.querySelector("[data-error]");
    error.hidden = false;
    error.querySelector("span").textContent = text;
    row.querySelector("progress").hidden = true;
    row.querySelector("[data-text]").hidden = true;
    row.querySelector("[data-pause]").hidden = true;
    row.querySelector("[data-go-on]").hidden = true;
    const close = row.querySelector("[data-cancel]");
    close.hidden = false;
    close.addEventListener("click", () => {
      row.remove();
      this.tidy();
    });
    announce(`${row.querySelector("[data-name]").textContent}: ${text}`);
  }

  // A row for an upload that a reload cut off: the browser gives no file back, so it has to be chosen again.
  remind(saved) {
    const row = this.row(saved.name);
    row.dataset.saved = saved.key;
    row.querySelector("progress").value = saved.sent / saved.size;
    row.querySelector("progress").classList.add("progress--quiet");
    row.querySelector("[data-text]").textContent = `Stopped at ${Math.floor((saved.sent / saved.size) * 100)} %. Choose the same file again and it goes on from there.`;
    const again = row.querySelector("[data-choose]");
    again.hidden = false;
    again.addEventListener("click", () => this.input.click());
    row.querySelector("[data-cancel]").addEventListener("click", () => {
      this.discard(saved);
      row.remove();
      this.tidy();
    });
    return row;
  }

  discard(saved) {
    this.kind.forget(saved.key);
  }

  row(name) {
    const row = this.querySelector("template[data-file-row]").content.firstElementChild.cloneNode(true);
    row.querySelector("[data-name]").textContent = name;
    row.querySelector("progress").setAttribute("aria-label", `Upload of ${name}`);
    for (const button of row.querySelectorAll("button[aria-label]")) button.setAttribute("aria-label", `${button.getAttribute("aria-label")} ${name}`);
    this.list.append(row);
    this.querySelector("[data-fold]").open = true;
    return row;
  }

  tidy() {
    this.querySelector("[data-tray]").hidden = !this.list.children.length;
    this.querySelector("[data-nothing]").hidden = true;
    const waiting = this.uploads.filter(({ state }) => state === "waiting").length;
    const button = this.querySelector("[data-send]");
    button.querySelector("[data-send-text]").textContent = waiting > 1 ? `Upload ${waiting} videos` : "Upload and start the job";
    const sending = this.uploads.filter(({ state }) => state === "sending").length;
    const done = this.uploads.filter(({ state }) => state === "done").length;
    this.querySelector("[data-tray-title]").textContent = sending ? `Uploading ${sending}` : done && !waiting ? "Uploaded" : "Files";
  }
}

customElements.define("upload-zone", UploadZone);
