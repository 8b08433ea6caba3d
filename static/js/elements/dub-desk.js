// <dub-desk data-socket data-after>: the desk at which a dub is made. The page reads and submits by itself; here its forms are sent
// without leaving it, what others do comes in as it happens, and hands stay on the keyboard.
import { DubKeys } from "../dub-keys.js";
import { DubLines } from "../dub-lines.js";
import { DubPlayer } from "../dub-player.js";
import { csrf } from "../forms.js";
import { LiveSocket } from "../live.js";
import { announce, toast } from "../toast.js";

const GATHER = 250;
const UNREACHED = "The studio cannot be reached. What you wrote is kept on this page; try again.";
// Parts of the page that are written anew as a whole.
const PARTS = ["dub-top", "dub-shows", "dub-cast", "dub-time", "dub-line", "dub-about"];

class DubDesk extends HTMLElement {
  connectedCallback() {
    if (this.lines) return;
    this.lines = new DubLines(this);
    this.player = new DubPlayer(this, this.querySelector("[data-dub-player]"));
    this.keys = new DubKeys(this, this.querySelector("[data-keys]"));
    this.addEventListener("submit", (event) => this.submit(event));
    this.addEventListener("click", (event) => this.click(event));
    this.asked = new Set();
    this.socket = new LiveSocket({
      address: this.dataset.socket,
      after: this.dataset.after ? Number(this.dataset.after) : null,
      hear: (event) => this.hear(event),
      poll: () => this.refresh("all"),
      tell: (connected) => this.toggleAttribute("data-connected", connected),
    });
  }

  disconnectedCallback() {
    this.socket.close();
    clearTimeout(this.gathering);
  }

  get outOfDate() {
    return Boolean(this.querySelector("[data-out-of-date]"));
  }

  // ---- What people do

  async submit(event) {
    const form = event.target;
    if (event.defaultPrevented || form.method !== "post" || form.hasAttribute("data-leaves")) return;
    event.preventDefault();
    const row = form.closest("[data-line]");
    const button = event.submitter;
    // What is spoken, split or put into a film is what one reads.
    if (!row && !(await this.lines.settle())) return toast("One line is not saved yet. See what it says.", "error");
    const decides = ["save", "theirs"].includes(button?.value);
    if (row && !decides && !(await this.lines.save(row))) return undefined;
    if (row && decides) row.saving = this.lines.box(row).value;
    const values = button?.name ? { [button.name]: button.value } : {};
    if (button?.value === "split" && form.elements.at) values.at = this.cursor() ?? form.elements.at.value;
    button?.setAttribute("aria-busy", "true");
    await this.send(form, values);
    if (row) row.saving = null;
    button?.removeAttribute("aria-busy");
    return undefined;
  }

  // Where the text of the line at hand would be split: at the cursor, once it was put somewhere.
  cursor() {
    const box = this.lines.box();
    return box && box.selectionStart > 0 && box.selectionStart < box.value.length ? box.selectionStart : null;
  }

  // -> true when it was done. The answer is the parts of the page that changed, also where it was refused.
  async send(form, values = {}) {
    const body = new URLSearchParams(new FormData(form));
    body.set("here", this.dataset.here ?? "");
    for (const [name, value] of Object.entries(values)) body.set(name, value);
    try {
      const answer = await fetch(form.action, { method: "POST", headers: { Accept: "text/html", "HX-Request": "true", "X-CSRFToken": csrf() }, body });
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      if (answer.status >= 500 || !page.querySelector("[data-changed]")) {
        toast(answer.redirected ? "You are signed out. Sign in in another tab and try again." : "That did not work. Reload the page and try again.", "error");
        return false;
      }
      // What this answer says of its own line goes before what is typed there; other news does not.
      this.answering = form.closest("[data-line]")?.dataset.line ?? "";
      this.apply(page);
      this.answering = "";
      return answer.ok;
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
      toast(UNREACHED, "error");
      return false;
    }
  }

  click(event) {
    const { target } = event;
    const select = target.closest("[data-select]");
    if (select && !event.ctrlKey && !event.metaKey) {
      event.preventDefault();
      const row = select.closest("[data-line]");
      this.lines.select(row);
      this.player.seek(Number(row.dataset.start));
      return;
    }
    const chip = target.closest("a[data-show]");
    if (chip) {
      event.preventDefault();
      this.lines.show(chip.dataset.show);
      return;
    }
    const play = target.closest("[data-play]");
    if (play) {
      event.preventDefault();
      this.hearLine(play.closest("[data-line]") ?? this.lines.at, play.dataset.play);
      return;
    }
    const slot = target.closest("[data-slot]");
    if (slot) {
      event.preventDefault();
      const row = this.lines.rows.find((one) => one.dataset.line === slot.dataset.slot);
      this.lines.select(row, { focus: false });
      row?.scrollIntoView({ block: "nearest" });
      this.player.seek(Number(slot.dataset.at));
      return;
    }
    const nudge = target.closest("[data-nudge]");
    if (nudge) this.nudge(nudge.dataset.nudge, Number(nudge.dataset.by));
    const sample = target.closest("[data-sample]");
    if (sample) {
      event.preventDefault();
      this.sample(sample);
    }
    if (target.closest("[data-shows-keys]")) this.keys.open();
  }

  hearLine(row, what) {
    if (!row) return undefined;
    const { start, end, from, to, sound } = row.dataset;
    if (what === "original") return this.player.stretch(Number(start), Number(end), "original");
    if (!sound) return toast("This line is not spoken yet. Speak it first.", "error");
    return this.player.stretch(Math.min(Number(start), Number(from)), Math.max(Number(end), Number(to)), "lines");
  }

  // A voice by itself, before it is given to somebody: what its form asks for comes back as a sound.
  async sample(button) {
    this.heard?.pause();
    button.setAttribute("aria-busy", "true");
    const body = new URLSearchParams(new FormData(button.form));
    body.set(button.name, button.value);
    try {
      const answer = await fetch(button.form.action, { method: "POST", headers: { "HX-Request": "true", "X-CSRFToken": csrf() }, body });
      if (!answer.ok || !answer.headers.get("Content-Type").startsWith("audio/")) {
        const told = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("[data-changed]");
        return toast(told?.dataset.problem ?? "This voice cannot be heard now. Try again, or choose another one.", "error");
      }
      if (this.heard) URL.revokeObjectURL(this.heard.src);
      this.heard = new Audio(URL.createObjectURL(await answer.blob()));
      await this.heard.play();
    } catch {
      toast("This voice cannot be heard now. Try again, or choose another one.", "error");
    } finally {
      button.removeAttribute("aria-busy");
    }
    return undefined;
  }

  // The edges of the slot of the line at hand, by steps or to the playhead; sent as the form would be.
  nudge(edge, by) {
    const form = this.querySelector("#dub-line form[data-times]");
    if (!form) return;
    const field = form.elements[edge];
    field.value = Math.max(0, by ? Number(field.value) + by : this.player.at).toFixed(3);
    clearTimeout(this.moving);
    this.moving = setTimeout(() => this.send(form), 400);
  }

  // ---- What changed

  apply(page) {
    const here = focusOf(document.activeElement);
    for (const name of PARTS) {
      const fresh = page.getElementById(name);
      const old = this.querySelector(`#${name}`);
      if (fresh && old) this.put(old, fresh);
    }
    for (const side of page.querySelectorAll("[data-side]")) this.player.renew(side);
    const fresh = [...page.querySelectorAll("[data-line]")].map((row) => document.importNode(row, true));
    // As many lines as before, and the same ones: each for itself, so that nobody is put out of what they type.
    const same = fresh.length === this.lines.rows.length && fresh.every((row, index) => row.dataset.line === this.lines.rows[index].dataset.line);
    if (page.getElementById("lines") && !same) this.replace(fresh);
    else for (const row of fresh) this.lines.renew(row);
    this.lines.sift();
    for (const one of this.lines.rows) one.toggleAttribute("data-at", one === this.lines.at);
    this.player.time();
    const told = page.querySelector("[data-changed]");
    if (told?.dataset.problem) toast(told.dataset.problem, "error");
    else if (told?.dataset.done) announce(told.dataset.done);
    back(this, here);
  }

  // A part in which somebody is choosing or typing is written anew when they are through.
  put(old, fresh) {
    const open = [...old.querySelectorAll("details[open]")].map(({ id }) => id);
    const node = document.importNode(fresh, true);
    for (const id of open) node.querySelector(`#${CSS.escape(id)}`)?.setAttribute("open", "");
    old.replaceWith(node);
  }

  // Lines came or went. What was typed and not saved comes along.
  replace(rows) {
    const kept = new Map(this.lines.dirty().map((row) => [row.dataset.line, this.lines.box(row).value]));
    this.lines.list.replaceChildren(...rows);
    this.lines.read();
    for (const row of rows) if (kept.has(row.dataset.line)) this.lines.box(row).value = kept.get(row.dataset.line);
  }

  hear(event) {
    if (event.type === "progress") this.progress(event);
    // Where a line moves, its neighbours have other room; where it goes, they have other numbers.
    else if (event.type === "line_changed") this.refresh(["place", "gone"].includes(event.what) ? "all" : event.line_id);
    else if (["dub_changed", "cast_changed"].includes(event.type)) this.refresh("all");
  }

  progress(event) {
    const bar = this.querySelector("[data-progress]");
    if (!bar) return this.refresh("top");
    const share = event.progress / 100;
    bar.value = share;
    const words = this.querySelector("[data-progress-text]");
    if (words) words.textContent = [`${Math.round(share * 100)} %`, event.message].filter(Boolean).join(", ");
    return undefined;
  }

  // Several things happen at once; the page asks once for all of them.
  refresh(...what) {
    for (const one of what) this.asked.add(one);
    this.gathering ??= setTimeout(() => this.fetch(), GATHER);
  }

  async fetch() {
    const asked = [...this.asked];
    this.asked.clear();
    const lines = asked.includes("all") ? "all" : asked.filter((one) => one !== "top").join(",");
    try {
      const address = new URL(this.dataset.address, location.href);
      address.search = new URLSearchParams({ part: "changed", lines, line: this.dataset.here ?? "" });
      const answer = await fetch(address, { headers: { Accept: "text/html", "HX-Request": "true" } });
      if (answer.ok && !answer.redirected) this.renewed(new DOMParser().parseFromString(await answer.text(), "text/html"));
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
    } finally {
      this.gathering = null;
      if (this.asked.size) this.refresh();
    }
  }

  // Fields of a panel that somebody is in stay as they are.
  renewed(page) {
    const here = document.activeElement;
    for (const name of ["dub-line", "dub-cast"]) if (here?.matches("input, select, textarea") && here.closest(`#${name}`)) page.getElementById(name)?.remove();
    this.apply(page);
  }

  // The panel of the line at hand.
  inspect(id) {
    if (this.inspected === id) return;
    this.inspected = id;
    const address = new URL(location.href);
    address.searchParams.set("line", id);
    history.replaceState(null, "", address);
    clearTimeout(this.looking);
    this.looking = setTimeout(() => this.refresh(id), 120);
  }
}


// The place of the focus in words that hold when its element was written anew.
function focusOf(element) {
  if (!element || element === document.body) return null;
  const row = element.closest?.("[data-line]")?.dataset.line ?? "";
  return { element, id: element.id, row, value: element.value ?? "", name: element.name ?? "", nudge: element.dataset?.nudge ?? "", by: element.dataset?.by ?? "" };
}

function back(desk, here) {
  if (!here || here.element.isConnected || (document.activeElement && document.activeElement !== document.body)) return;
  const within = here.row ? desk.querySelector(`[data-line="${CSS.escape(here.row)}"]`) : desk;
  const byId = here.id && document.getElementById(here.id);
  const byEdge = here.nudge && within?.querySelector(`[data-nudge="${here.nudge}"][data-by="${here.by}"]`);
  const byValue = here.name && within?.querySelector(`button[name="${CSS.escape(here.name)}"][value="${CSS.escape(here.value)}"]`);
  const found = byId || byEdge || byValue || within?.querySelector("[data-select]");
  found?.focus({ preventScroll: true });
}

customElements.define("dub-desk", DubDesk);
