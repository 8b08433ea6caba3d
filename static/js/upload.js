// One resumable upload: begin, send in chunks, ask where to go on after a pause, a lost connection or a reload, finish.
import { csrf } from "./forms.js";

const LONGEST_WAIT = 30_000;

// An answer of the studio that trying again cannot change.
export class Refused extends Error {}

// Pieces go to the origin this page came from: the studio may be opened under another name than the one its links begin with.
export function here(address) {
  const url = new URL(address, location.href);
  return url.pathname.startsWith("/uploads/") ? url.pathname + url.search : address;
}

export class Upload extends EventTarget {
  // Under what the browser remembers uploads of this kind.
  static prefix = "reelwright.upload:";
  static keyOf(file) {
    return `${this.prefix}${file.name}:${file.size}:${file.lastModified}`;
  }

  constructor(file, { contentType, chunk, init, complete, order }) {
    super();
    Object.assign(this, { file, contentType, chunk, init, complete, order, state: "waiting", sent: 0, speed: 0, tries: 0 });
    this.key = this.constructor.keyOf(file);
    this.saved = JSON.parse(localStorage.getItem(this.key) ?? "null");
    if (this.saved) {
      this.order = this.saved.order;
      this.sent = this.saved.sent;
    }
  }

  // Uploads that a reload or a closed window left behind.
  static unfinished() {
    return Object.keys(localStorage)
      .filter((key) => key.startsWith(this.prefix))
      .map((key) => ({ key, ...JSON.parse(localStorage.getItem(key)) }))
      .filter((saved) => {
        const lapsed = Date.parse(saved.expires) < Date.now();
        if (lapsed) localStorage.removeItem(saved.key);
        return !lapsed;
      });
  }

  static forget(key) {
    localStorage.removeItem(key);
  }

  async start() {
    if (this.state === "sending") return;
    this.change("sending");
    while (this.state === "sending") {
      try {
        if (!this.saved) await this.begin();
        else this.sent = await this.offset();
        await this.sendAll();
        if (this.state === "sending") await this.finish();
        return;
      } catch (error) {
        if (this.state !== "sending") return;
        if (error instanceof Refused) return this.fail(error.message);
        this.tries += 1;
        this.change("sending", "The connection was lost. Trying again.");
        await this.pauseBetween(Math.min(LONGEST_WAIT, 1000 * 2 ** (this.tries - 1)));
      }
    }
  }

  pause() {
    this.change("paused");
    this.request?.abort();
    this.wake?.();
  }

  cancel() {
    this.change("cancelled");
    this.request?.abort();
    this.wake?.();
    Upload.forget(this.key);
  }

  async begin() {
    const answer = await this.post(this.init, { filename: this.file.name, content_type: this.contentType, size_bytes: this.file.size });
    this.saved = { url: here(answer.upload_url), headers: answer.headers, uri: answer.gcs_uri, expires: answer.expires_at, order: this.order, name: this.file.name, size: this.file.size };
    this.sent = 0;
    this.keep();
  }

  keep() {
    localStorage.setItem(this.key, JSON.stringify({ ...this.saved, sent: this.sent }));
  }

  // How many bytes the studio holds.
  async offset() {
    const answer = await this.put(null, `bytes */${this.file.size}`);
    if (answer.status === 308) return held(answer);
    return this.file.size;
  }

  async sendAll() {
    while (this.state === "sending" && this.sent < this.file.size) {
      const end = Math.min(this.sent + this.chunk, this.file.size);
      const answer = await this.put(this.file.slice(this.sent, end), `bytes ${this.sent}-${end - 1}/${this.file.size}`);
      this.sent = answer.status === 308 ? held(answer) : this.file.size;
      this.tries = 0;
      this.keep();
      this.change("sending");
    }
  }

  put(body, range) {
    const given = Object.entries(this.saved.headers ?? {}).filter(([name]) => !/^content-(length|range)$/i.test(name));
    return this.transfer("PUT", { ...Object.fromEntries(given), "Content-Range": range }, body);
  }

  // One request to where the pieces go; the bytes count as they leave.
  transfer(method, headers, body) {
    return new Promise((resolve, reject) => {
      const request = new XMLHttpRequest();
      this.request = request;
      const from = this.sent;
      let seen = 0;
      let at = performance.now();
      request.open(method, this.saved.url);
      for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
      request.upload.addEventListener("progress", ({ loaded }) => {
        const now = performance.now();
        const rate = ((loaded - seen) * 1000) / Math.max(1, now - at);
        this.speed = this.speed ? this.speed * 0.8 + rate * 0.2 : rate;
        [seen, at] = [loaded, now];
        if (body) this.sent = Math.min(from + loaded, from + body.size);
        if (this.state === "sending") this.change("sending");
      });
      request.addEventListener("load", () => {
        if (request.status === 308 || (request.status >= 200 && request.status < 300)) return resolve(request);
        // The link has lapsed or the studio has swept the parts away: begin again.
        if ([403, 404, 410].includes(request.status)) {
          Upload.forget(this.key);
          this.saved = null;
          this.sent = 0;
          return reject(new Error("begin again"));
        }
        // Another transfer holds it, or the place was wrong: ask again where to go on.
        if ([408, 409, 416, 423, 429].includes(request.status)) {
          this.tries ||= 1;
          return reject(new Error("try again"));
        }
        if (request.status >= 500 && request.status !== 507) return reject(new Error("try again"));
        return reject(new Refused(reason(request.responseText)));
      });
      request.addEventListener("error", () => reject(new Error("try again")));
      request.addEventListener("abort", () => reject(new Error("stopped")));
      request.send(body);
    });
  }

  async finish() {
    this.change("finishing");
    try {
      const job = await this.post(this.complete, { gcs_uri: this.saved.uri, filename: this.file.name, ...this.order });
      Upload.forget(this.key);
      this.job = job;
      this.change("done");
    } catch (error) {
      if (!(error instanceof Refused)) {
        this.state = "sending";
        throw error;
      }
      Upload.forget(this.key);
      this.saved = null;
      this.fail(error.message);
    }
  }

  async post(url, body) {
    const answer = await fetch(url, {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-CSRFToken": csrf() },
      body: JSON.stringify(body),
    });
    if (answer.ok) return answer.json();
    const text = await answer.text();
    if (answer.status >= 500 && answer.status !== 507) throw new Error("try again");
    throw new Refused(reason(text));
  }

  pauseBetween(wait) {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, wait);
      this.wake = () => {
        clearTimeout(timer);
        resolve();
      };
      addEventListener("online", this.wake, { once: true });
    });
  }

  fail(message) {
    this.change("failed", message);
  }

  change(state, message = "") {
    this.state = state;
    this.message = message;
    this.dispatchEvent(new Event("change"));
  }
}

function held(answer) {
  const range = answer.getResponseHeader("Range");
  return range ? Number(range.split("-").at(-1)) + 1 : 0;
}

export function reason(text) {
  try {
    const { detail, error } = JSON.parse(text);
    return (Array.isArray(detail) ? detail.map(({ loc, msg }) => `${loc.at(-1)}: ${msg}`).join(". ") : detail) ?? error;
  } catch {
    return "The studio refused this file.";
  }
}
