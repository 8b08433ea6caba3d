// Another piece of footage in a clip's place: searched for, listened to, taken.
import { timecode } from "./timecode.js";
import { announce } from "./toast.js";

export class Replacing {
  constructor(desk) {
    this.desk = desk;
    this.dialog = desk.querySelector("dialog[data-replace]");
    this.list = this.dialog?.querySelector("[data-alternatives]");
    this.dialog?.querySelector("[data-search]").addEventListener("submit", (event) => {
      event.preventDefault();
      this.search();
    });
    this.list?.addEventListener("click", ({ target }) => this.take(target.closest("[data-take]")));
  }

  open(clip) {
    this.clip = clip;
    this.dialog.querySelector("[name=q]").value = "";
    this.list.replaceChildren();
    this.dialog.showModal();
    this.search();
  }

  async search() {
    const status = this.dialog.querySelector("[data-found]");
    status.textContent = "Searching";
    const q = this.dialog.querySelector("[name=q]").value.trim();
    const found = await this.desk.ask(`/api/clips/${this.clip.id}/alternatives?q=${encodeURIComponent(q)}`);
    const rows = found?.alternatives ?? [];
    status.textContent = rows.length ? `${rows.length} found` : "Nothing found";
    this.list.replaceChildren(...rows.map((row) => this.row(row)));
  }

  row(found) {
    const row = this.desk.part("alternative");
    row.found = found;
    row.querySelector("[data-words]").textContent = found.transcript_text ? `“${found.transcript_text}”` : "No speech here";
    row.querySelector("[data-source]").textContent = [found.video_title, found.speaker, `${timecode(found.start_time)} – ${timecode(found.end_time)}`].filter(Boolean).join(" · ");
    const play = row.querySelector("[data-cite]");
    Object.assign(play.dataset, { asset: found.video_id, start: found.start_time, end: found.end_time });
    play.setAttribute("aria-label", `Play from ${found.video_title}, ${timecode(found.start_time)}`);
    row.querySelector("[data-take]").setAttribute("aria-label", `Take from ${found.video_title}, ${timecode(found.start_time)}`);
    return row;
  }

  async take(button) {
    const found = button?.closest("li").found;
    if (!found) return;
    this.dialog.close();
    const { video_id, start_time, end_time } = found;
    await this.desk.cut.change({ video_id, start_time, end_time }, this.clip);
    announce(`Clip ${this.clip.index + 1} is from ${found.video_title} now.`);
  }
}
