// The dialog for a save that somebody else overtook: cues that both changed to something else are questions, each answered with
// one's own text, theirs, both, or whatever one writes in its place. Everything else is merged before.
import { timecode } from "./timecode.js";
import { parse, write } from "./vtt.js";

const times = (cue) => (cue ? `${timecode(cue.start)} → ${timecode(cue.end)}` : "");
const words = (cue) => (cue ? `${times(cue)}\n${cue.text}` : "Deleted");

export class Conflict {
  constructor(dialog) {
    this.dialog = dialog;
  }

  // -> {content}, or null when the person goes back to the text. `merged` is the text in which theirs stands where both differ.
  ask({ merged, conflicts, mine, theirs, version }) {
    const part = (name) => this.dialog.querySelector(`[data-${name}]`);
    part("newer").textContent = `Version ${version} was saved while you were editing.`;
    part("tally").textContent = `${conflicts.length === 1 ? "One cue was" : `${conflicts.length} cues were`} changed by both. Choose whose stays, or write what should stand there. Everything else is merged already.`;
    part("mine-text").textContent = mine;
    part("theirs-text").textContent = theirs;
    const template = part("question");
    part("questions").replaceChildren(...conflicts.map((conflict, number) => this.question(template, conflict, number)));
    return new Promise((resolve) => {
      const done = (choice) => {
        this.dialog.onclose = null;
        if (this.dialog.open) this.dialog.close();
        resolve(choice);
      };
      this.dialog.onclose = () => done(null);
      part("keep=mine").onclick = () => done({ content: mine });
      part("keep=theirs").onclick = () => done({ content: theirs });
      part("keep=merged").onclick = () => done({ content: this.answered(merged, conflicts) });
      this.dialog.showModal();
    });
  }

  question(template, conflict, number) {
    const item = template.content.firstElementChild.cloneNode(true);
    item.querySelector("[data-where]").textContent = timecode((conflict.base ?? conflict.mine ?? conflict.theirs).start);
    for (const side of ["mine", "theirs"]) item.querySelector(`[data-${side}]`).textContent = words(conflict[side]);
    const text = item.querySelector("textarea");
    for (const choice of item.querySelectorAll("input")) {
      choice.name = `conflict-${number}`;
      choice.addEventListener("change", () => (text.value = chosen(conflict, choice.value)?.text ?? ""));
    }
    item.querySelector("[data-both]").hidden = !(conflict.mine && conflict.theirs);
    text.id = `conflict-text-${number}`;
    item.querySelector("[data-text-label]").htmlFor = text.id;
    text.value = conflict.mine?.text ?? "";
    return item;
  }

  // From the last to the first, so that a cue that goes moves no other one.
  answered(merged, conflicts) {
    const document = parse(merged);
    const items = [...this.dialog.querySelectorAll("[data-questions] > li")];
    const answers = conflicts.map((conflict, number) => {
      const cue = chosen(conflict, items[number].querySelector("input:checked").value);
      const text = items[number].querySelector("textarea").value;
      return { at: conflict.cue_index, cue: cue && text.trim() ? { ...cue, text } : null };
    });
    for (const { at, cue } of answers.sort((one, other) => other.at - one.at)) {
      const standing = document.cues[at];
      document.cues.splice(at, 1, ...(cue ? [{ ...standing, ...cue }] : []));
    }
    document.cues.sort((one, other) => one.start - other.start || one.end - other.end);
    return write(document);
  }
}

function chosen({ mine, theirs }, side) {
  if (side !== "both") return { mine, theirs }[side];
  return { start: Math.min(mine.start, theirs.start), end: Math.max(mine.end, theirs.end), text: `${theirs.text}\n${mine.text}` };
}
