// Files that go with the next message: picked, dropped or pasted, each with its progress; and what was picked from the library.
import { ask, asked, problem } from "./chat-asking.js";
import { csrf } from "./forms.js";
import { lasting, size } from "./timecode.js";
import { announce } from "./toast.js";

export class Attachments {
  constructor(thread, form) {
    Object.assign(this, { thread, form });
    this.chips = form.querySelector("[data-chips]");
    this.input = form.querySelector("[data-files]");
    this.template = document.querySelector("#chip-template");
    this.input.addEventListener("change", () => this.chosen());
    form.querySelector("[data-say]").addEventListener("paste", (event) => {
      if (!event.clipboardData?.files.length) return;
      event.preventDefault();
      this.add([...event.clipboardData.files]);
    });
    this.takeDrops();
    this.chips.addEventListener("click", ({ target }) => {
      const button = target.closest("[data-detach]");
      if (button) this.detach(button.closest(".chip"));
    });
  }

  get ids() {
    return [...this.chips.querySelectorAll("[data-attachment]")].map(({ dataset }) => dataset.attachment);
  }

  get busy() {
    return Boolean(this.chips.querySelector("[aria-busy=true]"));
  }

  takeDrops() {
    const words = this.form.querySelector("[data-drop-words]");
    const hasFiles = ({ dataTransfer }) => dataTransfer?.types.includes("Files");
    const show = (on) => {
      words.hidden = !on;
      this.form.querySelector("[data-drop]").classList.toggle("composer--over", on);
    };
    for (const kind of ["dragenter", "dragover"]) {
      this.thread.addEventListener(kind, (event) => {
        if (!hasFiles(event)) return;
        event.preventDefault();
        show(true);
      });
    }
    this.thread.addEventListener("dragleave", (event) => this.thread.contains(event.relatedTarget) || show(false));
    this.thread.addEventListener("drop", (event) => {
      if (!hasFiles(event)) return;
      event.preventDefault();
      show(false);
      this.add([...event.dataTransfer.files]);
    });
  }

  // A conversation that has not begun takes its files along with its first message, in the plain form.
  chosen() {
    if (this.thread.id_) {
      const files = [...this.input.files];
      this.input.value = "";
      return this.add(files);
    }
    this.showChosen();
  }

  add(files) {
    if (this.thread.id_) return files.forEach((file) => this.upload(file));
    const all = new DataTransfer();
    for (const file of [...this.input.files, ...files]) all.items.add(file);
    this.input.files = all.files;
    this.showChosen();
  }

  showChosen() {
    for (const chip of this.chips.querySelectorAll("[data-file]")) chip.remove();
    [...this.input.files].forEach((file, index) => {
      const chip = this.chip(file.name, size(file.size));
      chip.dataset.file = index;
    });
    this.tidy();
  }

  chip(name, beside) {
    const chip = this.template.content.firstElementChild.cloneNode(true);
    chip.querySelector(".chip__name").textContent = name;
    chip.querySelector("[data-beside]").textContent = beside ?? "";
    chip.querySelector("[data-detach]").setAttribute("aria-label", `Take ${name} off`);
    this.chips.append(chip);
    this.tidy();
    return chip;
  }

  tidy() {
    this.chips.hidden = !this.chips.children.length;
  }

  upload(file) {
    const chip = this.chip(file.name, "0 %");
    chip.setAttribute("aria-busy", "true");
    const request = new XMLHttpRequest();
    chip.request = request;
    const beside = chip.querySelector("[data-beside]");
    request.open("POST", `/api/conversations/${this.thread.id_}/attachments`);
    request.setRequestHeader("X-CSRFToken", csrf());
    request.setRequestHeader("Accept", "application/json");
    request.upload.addEventListener("progress", ({ loaded, total }) => (beside.textContent = loaded < total ? `${Math.floor((loaded / total) * 100)} %` : "Looking into it"));
    request.addEventListener("load", () => {
      let body = null;
      try {
        body = JSON.parse(request.responseText);
      } catch {
        body = null;
      }
      if (request.status >= 200 && request.status < 300 && body?.attachment) return this.arrived(chip, body.attachment.id, size(file.size));
      this.failed(chip, problem({ body }));
    });
    request.addEventListener("error", () => this.failed(chip, "The connection was lost."));
    const data = new FormData();
    data.append("file", file, file.name || `pasted.${file.type.split("/")[1] ?? "bin"}`);
    request.send(data);
  }

  arrived(chip, id, beside) {
    chip.removeAttribute("aria-busy");
    chip.dataset.attachment = id;
    chip.querySelector("[data-beside]").textContent = beside;
    announce(`${chip.querySelector(".chip__name").textContent} is attached.`);
  }

  failed(chip, words) {
    chip.removeAttribute("aria-busy");
    chip.classList.add("chip--failed");
    chip.querySelector("[data-beside]").textContent = words;
    announce(`${chip.querySelector(".chip__name").textContent}: ${words}`);
  }

  // From the library.
  async pick(asset) {
    const chip = this.chip(asset.name, asset.duration ? lasting(asset.duration) : "");
    if (asset.picture_url) {
      const picture = document.createElement("img");
      Object.assign(picture, { className: "chip__picture", src: asset.picture_url, alt: "" });
      chip.querySelector(".icon").replaceWith(picture);
    }
    if (!this.thread.id_) {
      const hidden = document.createElement("input");
      Object.assign(hidden, { type: "hidden", name: "assets", value: asset.id });
      chip.append(hidden);
      return;
    }
    chip.setAttribute("aria-busy", "true");
    const taken = await asked((words) => this.failed(chip, words), `/api/conversations/${this.thread.id_}/attachments/from-library`, {
      method: "POST",
      body: { asset_id: asset.id },
    });
    if (!taken) return;
    const id = taken.attachment.id;
    if (this.ids.includes(id)) chip.remove();
    else this.arrived(chip, id, chip.querySelector("[data-beside]").textContent);
    this.tidy();
  }

  detach(chip) {
    chip.request?.abort();
    if (chip.dataset.attachment) ask(`/api/conversations/${this.thread.id_}/attachments/${chip.dataset.attachment}`, { method: "DELETE" }).catch(() => {});
    if (chip.dataset.file !== undefined) {
      const left = new DataTransfer();
      [...this.input.files].forEach((file, index) => index !== Number(chip.dataset.file) && left.items.add(file));
      this.input.files = left.files;
      chip.remove();
      return this.showChosen();
    }
    chip.remove();
    this.tidy();
    this.form.querySelector("[data-say]").focus();
  }

  clear() {
    this.chips.replaceChildren();
    this.tidy();
  }
}
