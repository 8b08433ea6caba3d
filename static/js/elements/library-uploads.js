// <library-uploads> takes files and folders anywhere on the page (drop, choose, paste) and sends them into the library, each with its
// progress. What a closed tab left behind is listed, and goes on once the same file is there again.
import { LibraryUpload, collectionOf, dropped } from "../library-upload.js";
import { size, lasting } from "../timecode.js";
import { announce, toast } from "../toast.js";
import { UploadZone, ending } from "./upload-zone.js";

const ARCHIVES = ["zip", "rar", "7z", "tar", "gz", "tgz"];
const NOBODY = "00000000-0000-0000-0000-000000000000";

class LibraryUploads extends UploadZone {
  kind = LibraryUpload;
  open = [];
  folders = new Map();

  connectedCallback() {
    super.connectedCallback();
    this.querySelector("[data-folder]")?.addEventListener("change", ({ target }) => {
      const files = [...target.files].map((file) => ({ file, folder: file.webkitRelativePath.split("/")[0] }));
      target.value = "";
      this.sort(files);
    });
    document.addEventListener("paste", ({ clipboardData }) => {
      if (clipboardData?.files.length) this.sort([...clipboardData.files].map((file) => ({ file: named(file), folder: "" })));
    });
    this.querySelector("[data-all-pause]").addEventListener("click", () => {
      for (const upload of this.uploads) if (["sending", "queued"].includes(upload.state)) upload.pause();
    });
    this.querySelector("[data-all-go-on]").addEventListener("click", () => {
      for (const upload of this.uploads) if (upload.state === "paused") this.start(upload);
    });
    this.querySelector("[data-fold-tray]").addEventListener("click", ({ currentTarget }) => {
      const shown = this.list.hidden;
      this.list.hidden = !shown;
      currentTarget.setAttribute("aria-expanded", String(shown));
    });
    document.addEventListener("click", (event) => {
      if (event.target.closest('a[href$="#upload"]')) this.reveal(true);
    });
    this.askForOpen();
  }

  // The studio knows best what it holds: of what this browser remembers, and of what another one began.
  async askForOpen() {
    const remembered = new Map(LibraryUpload.unfinished().map((saved) => [saved.id, saved]));
    let held;
    try {
      held = await LibraryUpload.open(this.dataset.init);
    } catch {
      return; // Offline: what this browser remembers is listed already.
    }
    this.open = held.filter(({ id }) => !remembered.has(id));
    for (const one of held) {
      if (this.uploads.some(({ id }) => id === one.id)) continue;
      const saved = remembered.get(one.id);
      if (saved) this.querySelector(`[data-saved="${CSS.escape(saved.key)}"]`)?.remove();
      this.remind({ ...saved, ...one, key: saved?.key ?? one.id });
    }
    this.tidy();
  }

  take(transfer) {
    dropped(transfer).then((files) => this.sort(files), () => toast("The dropped files could not be read.", "error"));
  }

  // Files of one folder go into the collection of its name.
  async sort(files) {
    const names = [...new Set(files.map(({ folder }) => folder))];
    for (const folder of names) {
      let collection = this.chosen("collection");
      try {
        if (folder) collection = await this.collection(folder);
      } catch (error) {
        toast(`The collection “${folder}” could not be made: ${error.message}. The files come without it.`, "error");
      }
      for (const { file, folder: own } of files) if (own === folder) file.order = { collection_id: collection || null };
    }
    this.add(files.map(({ file }) => file));
  }

  collection(name) {
    if (!this.folders.has(name)) this.folders.set(name, collectionOf(this.dataset.collections, name, this.chosen("project")));
    return this.folders.get(name);
  }

  chosen(name) {
    return this.form.elements[name]?.value ?? "";
  }

  // The fold of the form stays as it is; files are listed in the tray.
  row(name) {
    const fold = this.querySelector("[data-fold]");
    const open = fold.open;
    const row = super.row(name);
    fold.open = open;
    return row;
  }

  reveal(asked = location.hash === "#upload") {
    if (!asked) return;
    this.querySelector("[data-fold]").open = true;
    this.input.focus();
  }

  holds(file) {
    const key = LibraryUpload.keyOf(file);
    return this.uploads.some((other) => other.key === key && !["cancelled", "failed"].includes(other.state));
  }

  create(file, contentType) {
    const upload = new LibraryUpload(file, {
      contentType,
      chunk: Number(this.dataset.chunk),
      init: this.dataset.init,
      order: { project_id: this.chosen("project") || null, collection_id: this.chosen("collection") || null, ...file.order },
    });
    const begun = upload.saved ? null : this.open.find((one) => one.name === file.name && one.size === file.size);
    if (begun) {
      upload.take(begun);
      this.open = this.open.filter((one) => one !== begun);
      this.querySelector(`[data-saved="${CSS.escape(begun.id)}"]`)?.remove();
    }
    return upload;
  }

  ready(upload) {
    upload.state = "queued";
    this.start(upload);
  }

  refusal(file) {
    const end = ending(file);
    if (ARCHIVES.includes(end)) return "Archives are not opened here. Unpack it and drop the folder.";
    if (!this.dataset.types.split(",").includes(`.${end}`)) return `The library does not take .${end} files. It takes films, sound, pictures, documents and captions.`;
    if (!file.size) return "This file is empty. Export it again.";
    const most = Number(this.dataset.most);
    if (file.size > most) return `${size(file.size)} is over the limit of ${size(most)}. Export it smaller, or in parts.`;
    const coming = this.uploads.filter(({ state }) => ["queued", "sending", "paused"].includes(state));
    const left = Number(this.dataset.left) - coming.reduce((sum, { file: { size: each } }) => sum + each, 0);
    if (this.dataset.left && file.size > left) return `There is room for ${size(Math.max(0, left))} more. Delete something first.`;
    return "";
  }

  // Without scripts the form sends one file; with them choosing is sending.
  send() {
    const waiting = this.uploads.some(({ state }) => state === "queued" || state === "sending");
    if (!waiting) this.input.focus();
  }

  done(upload, row) {
    row.querySelector("[data-badge]").hidden = false;
    row.querySelector("progress").hidden = true;
    row.querySelector("[data-text]").textContent = size(upload.file.size);
    row.querySelector("[data-cancel]").hidden = false;
    const link = row.querySelector("[data-link]");
    link.hidden = false;
    link.href = this.dataset.asset.replace(NOBODY, upload.id);
    announce(`${upload.file.name} is in the library.`);
    for (const part of document.querySelectorAll("[data-live-fragment]")) part.dispatchEvent(new CustomEvent("live-changed"));
    document.body.dispatchEvent(new CustomEvent("job-changed"));
    this.compare(upload, row);
  }

  // Says so when the library had the very same bytes before.
  async compare(upload, row) {
    try {
      const answer = await fetch(this.dataset.duplicates.replace(NOBODY, upload.id));
      if (!answer.ok) return;
      const body = await answer.json();
      const [same] = body.items;
      if (!same) return;
      const text = row.querySelector("[data-text]");
      text.textContent = `The same file is here already: ${same.name}.`;
      text.classList.add("tone-warn");
    } catch {
      // The asset's page says it, too.
    }
  }

  discard(saved) {
    super.discard(saved);
    this.open = this.open.filter(({ id }) => id !== saved.id);
    if (saved.id) LibraryUpload.abandon(this.dataset.init, saved.id);
  }

  tidy() {
    const tray = this.querySelector("[data-tray]");
    tray.hidden = !this.list.children.length;
    const counted = this.uploads.filter(({ state }) => !["cancelled", "failed"].includes(state));
    const done = counted.filter(({ state }) => state === "done");
    const going = counted.filter(({ state }) => ["sending", "finishing"].includes(state));
    const waiting = counted.filter(({ state }) => ["queued", "paused"].includes(state));
    const unfinished = this.list.querySelectorAll("[data-saved]").length;
    this.querySelector("[data-tray-title]").textContent = title(going.length + waiting.length, counted.length, done.length, unfinished);
    const total = counted.reduce((sum, { file }) => sum + file.size, 0);
    const sent = counted.reduce((sum, upload) => sum + (upload.state === "done" ? upload.file.size : upload.sent), 0);
    const bar = this.querySelector("[data-total]");
    bar.hidden = counted.length < 2;
    bar.value = total ? sent / total : 0;
    bar.textContent = `${Math.floor(bar.value * 100)} %`;
    const speed = going.reduce((sum, upload) => sum + upload.speed, 0);
    this.querySelector("[data-total-text]").textContent = speed > 0 && going.length ? `${size(speed)}/s, ${lasting((total - sent) / speed)} left` : "";
    this.querySelector("[data-all-pause]").hidden = going.length + waiting.filter(({ state }) => state === "queued").length < 2;
    this.querySelector("[data-all-go-on]").hidden = waiting.filter(({ state }) => state === "paused").length < 2;
  }
}

function title(open, all, done, unfinished) {
  if (open) return all > 1 ? `Uploading ${Math.min(done + 1, all)} of ${all}` : "Uploading";
  if (done) return done > 1 ? `${done} files are in the library` : "Uploaded";
  return unfinished ? "Unfinished uploads" : "Files";
}

// What is pasted has no name of its own.
function named(file) {
  if (!/^image\.\w+$/.test(file.name)) return file;
  const at = new Date().toISOString().slice(0, 19).replace("T", " ").replaceAll(":", "-");
  return new File([file], `Pasted ${at}.${ending(file)}`, { type: file.type, lastModified: Date.now() });
}

customElements.define("library-uploads", LibraryUploads);
