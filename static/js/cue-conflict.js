// The dialog for a save that somebody else overtook: different cues are merged, the same cue is a question, and both texts can be seen.
import { inOrder, merge } from "./cue-merge.js";
import { timecode } from "./timecode.js";
import { parse, write } from "./vtt.js";

const words = (cue) => (cue ? `${timecode(cue.start)} → ${timecode(cue.end)}\n${cue.text}` : "Deleted");

const count = (number) => `${number} ${number === 1 ? "cue" : "cues"}`;

export class Conflict {
  constructor(dialog) {
    this.dialog = dialog;
  }

  // -> {content}, or null when the person goes back to the text.
  ask({ base, mine, theirs, version }) {
    const [before, ours, others] = [base, mine, theirs].map(parse);
    const result = merge(before.cues, ours.cues, others.cues);
    const set = (name, text) => {
      this.dialog.querySelector(`[data-${name}]`).textContent = text;
    };
    set("newer", `Version ${version} was saved while you were editing.`);
    set("tally", `You changed ${count(result.mine)}, the other person ${count(result.theirs)}; ${result.conflicts.length ? `${result.conflicts.length === 1 ? "one cue was" : `${result.conflicts.length} cues were`} changed by both. Choose whose stays.` : "no cue was changed by both, so nothing is lost by merging."}`);
    set("mine-text", mine);
    set("theirs-text", theirs);
    const list = this.dialog.querySelector("[data-questions]");
    const template = this.dialog.querySelector("[data-question]");
    list.replaceChildren(
      ...result.conflicts.map((conflict, index) => {
        const item = template.content.firstElementChild.cloneNode(true);
        item.querySelector("[data-where]").textContent = timecode((conflict.base ?? conflict.mine ?? conflict.theirs).start);
        for (const side of ["mine", "theirs"]) {
          item.querySelector(`[data-${side}]`).textContent = words(conflict[side]);
          item.querySelector(`[value=${side}]`).name = `conflict-${index}`;
        }
        return item;
      }),
    );
    return new Promise((resolve) => {
      const done = (choice) => {
        this.dialog.onclose = null;
        if (this.dialog.open) this.dialog.close();
        resolve(choice);
      };
      this.dialog.onclose = () => done(null);
      this.dialog.querySelector("[data-keep=mine]").onclick = () => done({ content: mine });
      this.dialog.querySelector("[data-keep=theirs]").onclick = () => done({ content: theirs });
      this.dialog.querySelector("[data-keep=merged]").onclick = () => {
        const chosen = result.conflicts
          .map((conflict, index) => conflict[list.querySelector(`[name=conflict-${index}]:checked`).value])
          .filter(Boolean);
        done({ content: write({ ...others, cues: inOrder([...result.cues, ...chosen]) }) });
      };
      this.dialog.showModal();
    });
  }
}
