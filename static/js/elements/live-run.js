// <live-run data-socket="/api/v1/ws/status?job_id=…" data-after="12"> keeps what it contains up to date. It owns no markup:
// numbers are written into [data-live] parts of the element with data-job or data-asset; every other change makes [data-live-fragment]
// parts fetch themselves.
import { LiveSocket } from "../live.js";
import { announce } from "../toast.js";

const GATHER = 250;
// Fragments cost the server a page's worth of queries, so they are not fetched more often than this.
const NOT_SOONER = 1500;

const CHANGES = ["job.status", "language.state", "asset.status"];
const OUTCOMES = { active: "ready", failed: "could not be prepared", processing: "being prepared" };

class LiveRun extends HTMLElement {
  connectedCallback() {
    this.socket = new LiveSocket({
      address: this.dataset.socket,
      after: this.dataset.after ? Number(this.dataset.after) : null,
      hear: (event) => this.hear(event),
      poll: () => this.refresh(),
      tell: (connected) => this.toggleAttribute("data-connected", connected),
    });
    // What happened between the page being written and the socket opening, where the server knows no number to start from.
    if (!this.dataset.after) this.refresh();
  }

  disconnectedCallback() {
    this.socket.close();
    clearTimeout(this.gathering);
  }

  hear(event) {
    if (event.type === "job.progress" || event.type === "asset.progress") this.write(event);
    else if (CHANGES.includes(event.type)) {
      if (event.type === "job.status") announce(`${event.title}: ${event.status.replaceAll("_", " ")}`);
      if (event.type === "asset.status") announce(`${event.name}: ${OUTCOMES[event.status] ?? event.status}`);
      this.refresh();
    }
  }

  write(event) {
    const row = event.job_id
      ? this.querySelector(`[data-job="${CSS.escape(event.job_id)}"]`)
      : this.querySelector(`[data-asset="${CSS.escape(event.asset_id)}"]`);
    if (!row) return;
    const bar = row.querySelector("progress[data-live]");
    // No bar yet, another status or another step: the page is behind. What can be used already has no bar.
    if (row.dataset.status !== event.status || (!bar && event.job_id)) this.refresh();
    if (!bar) return;
    bar.value = event.progress;
    const parts = { percent: `${event.progress} %`, message: event.message, eta: event.eta };
    for (const part of row.querySelectorAll("[data-live-text]")) {
      const text = parts[part.dataset.liveText];
      if (text) part.textContent = text;
    }
  }

  refresh() {
    if (this.gathering) return;
    const wait = Math.max(GATHER, NOT_SOONER - (performance.now() - (this.refreshed ?? -NOT_SOONER)));
    this.gathering = setTimeout(() => {
      this.gathering = null;
      this.refreshed = performance.now();
      for (const part of this.querySelectorAll("[data-live-fragment]")) part.dispatchEvent(new CustomEvent("live-changed"));
      document.body.dispatchEvent(new CustomEvent("job-changed"));
    }, wait);
  }
}

customElements.define("live-run", LiveRun);
