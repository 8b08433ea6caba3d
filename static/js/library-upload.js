// One file on its way into the library: announced, sent by tus 1.0, and gone on with after a pause, a lost connection, a reload or in another browser.
import { csrf } from "./forms.js";
import { Upload, here, reason } from "./upload.js";

const TUS = { "Tus-Resumable": "1.0.0" };

export class LibraryUpload extends Upload {
  static prefix = "reelwright.library:";

  // What the studio holds open for this person, whichever browser began it.
  static async open(address) {
    const answer = await fetch(address, { headers: { Accept: "application/json" } });
    if (!answer.ok) return [];
    const body = await answer.json();
    const open = body.items.filter(({ kind, status, url }) => kind === "upload" && status === "coming" && url);
    return open.map((one) => ({
      id: one.id,
      name: one.filename,
      size: one.size,
      sent: one.received,
      url: here(one.url),
      expires: one.expires_at,
    }));
  }

  // Goes on with an upload that another browser, or another day, began.
  take(open) {
    this.saved = { ...open, order: this.order };
    this.sent = open.sent;
    this.keep();
  }

  get id() {
    return this.saved?.id ?? this.asset;
  }

  async begin() {
    const answer = await this.post(this.init, {
      filename: this.file.name,
      content_type: this.contentType,
      size_bytes: this.file.size,
      ...this.order,
    });
    this.saved = { id: answer.id, url: here(answer.url), expires: answer.expires_at, order: this.order, name: this.file.name, size: this.file.size };
    this.sent = 0;
    this.keep();
  }

  async offset() {
    const answer = await this.transfer("HEAD", TUS, null);
    return Number(answer.getResponseHeader("Upload-Offset"));
  }

  async sendAll() {
    while (this.state === "sending" && this.sent < this.file.size) {
      const end = Math.min(this.sent + this.chunk, this.file.size);
      const headers = { ...TUS, "Upload-Offset": String(this.sent), "Content-Type": "application/offset+octet-stream" };
      const answer = await this.transfer("PATCH", headers, this.file.slice(this.sent, end));
      this.sent = Number(answer.getResponseHeader("Upload-Offset"));
      this.tries = 0;
      this.keep();
      this.change("sending");
    }
  }

  // The last piece made the asset; there is nothing more to ask for.
  async finish() {
    this.change("finishing");
    this.asset = this.saved.id;
    LibraryUpload.forget(this.key);
    this.saved = null;
    this.change("done");
  }

  // What the studio holds of it goes, too.
  cancel() {
    const id = this.saved?.id;
    super.cancel();
    if (id) LibraryUpload.abandon(this.init, id);
  }

  static abandon(address, id) {
    fetch(`${address}/${id}`, { method: "DELETE", headers: { "X-CSRFToken": csrf() } }).catch(() => {});
  }
}

// A folder that was dropped becomes a collection; the one of that name is taken where there is one.
export async function collectionOf(address, name, project) {
  const answer = await fetch(address, {
    method: "POST",
    headers: { "Content-Type": "application/json", "X-CSRFToken": csrf() },
    body: JSON.stringify({ name, project_id: project || null }),
  });
  if (answer.ok) return (await answer.json()).id;
  if (answer.status === 409) {
    const found = await fetch(`${address}?q=${encodeURIComponent(name)}`);
    const same = (found.ok ? (await found.json()).items : []).find((one) => one.name.toLowerCase() === name.toLowerCase());
    if (same) return same.id;
  }
  throw new Error(reason(await answer.text()));
}

// Files of a drop with the folder that each lay in; folders inside folders count as the outermost.
export async function dropped(transfer) {
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry?.()).filter(Boolean);
  if (!entries.length) return [...transfer.files].map((file) => ({ file, folder: "" }));
  const found = [];
  for (const entry of entries) await walk(entry, entry.isDirectory ? entry.name : "", found);
  return found;
}

async function walk(entry, folder, found) {
  if (entry.isFile) {
    const file = await new Promise((resolve, reject) => entry.file(resolve, reject));
    // Notes that file managers leave behind.
    if (!/^(\._|\.DS_Store$|Thumbs\.db$|desktop\.ini$)/i.test(file.name)) found.push({ file, folder });
    return;
  }
  const reader = entry.createReader();
  for (;;) {
    // A browser gives a hundred at a time, and nothing once it has given all.
    const some = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
    if (!some.length) return;
    for (const one of some) await walk(one, folder, found);
  }
}
