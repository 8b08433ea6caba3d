// The keyboard of the desk: what each key does, the dialog that lists it, and other keys for those who want others (kept in this browser).
import { announce } from "./toast.js";

const KEPT = "reelwright.keys";

// Inside a text only keys with a modifier, and the function keys, mean the desk.
export const COMMANDS = [
  ["Play", "play", "Play, pause", ["Space", "Ctrl+Space"]],
  ["Play", "once", "Play this cue once", ["P"]],
  ["Play", "loop", "Play this cue again and again", ["L"]],
  ["Play", "back", "One second back", ["ArrowLeft"]],
  ["Play", "on", "One second on", ["ArrowRight"]],
  ["Play", "back-half", "Half a second back", ["Alt+ArrowLeft"]],
  ["Play", "on-half", "Half a second on", ["Alt+ArrowRight"]],
  ["Play", "frame-back", "One frame back", [","]],
  ["Play", "frame-on", "One frame on", ["."]],
  ["Move", "cue-up", "Previous cue", ["Alt+ArrowUp"]],
  ["Move", "cue-down", "Next cue", ["Alt+ArrowDown"]],
  ["Move", "more-up", "Select the cue above as well", ["Shift+ArrowUp"]],
  ["Move", "more-down", "Select the cue below as well", ["Shift+ArrowDown"]],
  ["Move", "previous", "Previous finding", ["Shift+F8"]],
  ["Move", "next", "Next finding", ["F8"]],
  ["Move", "goto", "Go to a cue or a time", ["G"]],
  ["Move", "find", "Find", ["Ctrl+F"]],
  ["Move", "find-next", "Find the next", ["F3"]],
  ["Move", "find-previous", "Find the one before", ["Shift+F3"]],
  ["Move", "replace", "Find and replace", ["R"]],
  ["Move", "text", "To the text of the cue", ["Enter", "T"]],
  ["Move", "grid", "To the list of cues", ["Escape"]],
  ["Time", "in", "Start at the playhead", ["["]],
  ["Time", "out", "End at the playhead", ["]"]],
  ["Time", "in-earlier", "Start one frame earlier", ["Alt+Shift+ArrowLeft"]],
  ["Time", "in-later", "Start one frame later", ["Alt+Shift+ArrowRight"]],
  ["Time", "out-earlier", "End one frame earlier", ["Ctrl+Alt+ArrowLeft"]],
  ["Time", "out-later", "End one frame later", ["Ctrl+Alt+ArrowRight"]],
  ["Time", "move-earlier", "Whole cue one frame earlier", ["Ctrl+Shift+ArrowLeft"]],
  ["Time", "move-later", "Whole cue one frame later", ["Ctrl+Shift+ArrowRight"]],
  ["Time", "extend", "Extend to the next cue", ["Ctrl+Shift+E"]],
  ["Time", "snap", "Snap to shot changes", ["Ctrl+Shift+S"]],
  ["Time", "shift", "Shift times", ["Ctrl+Shift+H"]],
  ["Text", "insert", "New cue after this", ["Alt+Insert"]],
  ["Text", "split", "Split at the cursor", ["Ctrl+Alt+V"]],
  ["Text", "merge", "Merge selected, or with the next", ["Ctrl+Shift+M"]],
  ["Text", "delete", "Delete", ["Ctrl+Alt+Delete", "Ctrl+Shift+Delete"]],
  ["Text", "balance", "Balance the lines", ["Ctrl+Alt+B"]],
  ["Text", "italic", "Italic", ["Ctrl+I"]],
  ["Text", "term", "Insert the next glossary term", ["Ctrl+Alt+G"]],
  ["Text", "source", "Show or hide the source", ["Ctrl+Shift+O"]],
  ["Text", "undo", "Undo", ["Ctrl+Z"]],
  ["Text", "redo", "Redo", ["Ctrl+Y", "Ctrl+Shift+Z"]],
  ["Decide", "reviewed", "Save, reviewed, and on", ["Ctrl+Enter"]],
  ["Decide", "save", "Save a version", ["Ctrl+S"]],
  ["Decide", "save-as", "Save a version with a comment", ["Ctrl+Alt+S"]],
  ["Decide", "fixes", "Preview the fixes", ["Ctrl+Alt+F"]],
  ["Decide", "comment", "Comment on the cue", ["Ctrl+M"]],
  ["Decide", "keys", "This list", ["?"]],
].map(([group, id, name, keys]) => ({ group, id, name, keys }));

const SHOWN = { ArrowLeft: "←", ArrowRight: "→", ArrowUp: "↑", ArrowDown: "↓", Shift: "⇧", Delete: "Del", Insert: "Ins", Escape: "Esc" };

// "Ctrl+Shift+M" for a pressed key; "" while only a modifier is down.
export function chord(event) {
  let key = event.code === "Space" ? "Space" : event.key;
  if (["Control", "Shift", "Alt", "Meta", "AltGraph", "Dead", "Unidentified"].includes(key)) return "";
  const letters = event.getModifierState?.("AltGraph") ? [] : [(event.ctrlKey || event.metaKey) && "Ctrl", event.altKey && "Alt"].filter(Boolean);
  if (key.length === 1) key = key.toUpperCase();
  // A sign that needs Shift on this keyboard is the sign; a letter with Shift is the letter with Shift.
  if (event.shiftKey && (key.length > 1 || letters.length || /\p{L}/u.test(key))) letters.push("Shift");
  return [...letters, key].join("+");
}

export class CueKeys {
  constructor(desk, dialog) {
    Object.assign(this, { desk, dialog });
    this.own = read();
    this.read();
    document.addEventListener("keydown", (event) => this.press(event));
    dialog.addEventListener("click", ({ target }) => {
      const button = target.closest("[data-rebind]");
      if (button) this.listen(button);
      if (target.closest("[data-keys-reset]")) this.keep({});
    });
    dialog.addEventListener("close", () => (this.listening = null));
  }

  keysOf(command) {
    return this.own[command.id] ?? command.keys;
  }

  read() {
    this.map = new Map();
    for (const command of COMMANDS) for (const key of this.keysOf(command)) this.map.set(key.toUpperCase(), command.id);
    for (const place of this.desk.querySelectorAll("[data-key-of]")) {
      const command = COMMANDS.find(({ id }) => id === place.dataset.keyOf);
      if (command) place.textContent = shown(this.keysOf(command)[0] ?? "").join(" ");
    }
  }

  press(event) {
    if (this.listening) return this.rebind(event);
    if (event.defaultPrevented || document.querySelector("dialog[open]") || document.querySelector("[popover].menu:popover-open")) return;
    const pressed = chord(event);
    if (!pressed) return;
    const { target } = event;
    const act = this.map.get(pressed.toUpperCase());
    if (!act) return;
    const typing = target.matches("input:not([type=range], [type=checkbox], [type=radio]), textarea, select");
    const modified = event.ctrlKey || event.metaKey || event.altKey || /(^|\+)F\d+$/.test(pressed);
    if (typing && !modified && !(pressed === "Escape" && target.closest("[data-box]"))) return;
    // In the fields of the desk's own bars, and of the browser, undoing and moving by words belong to the field.
    const ours = target.matches("[data-text]");
    if (typing && !ours && ["undo", "redo", "italic", "move-earlier", "move-later", "in-earlier", "in-later"].includes(act)) return;
    if (typing && ours && ["move-earlier", "move-later", "more-up", "more-down"].includes(act)) return;
    const button = target.closest("button, a, summary, [role=tab], select, [type=range], [type=checkbox]");
    if (button && !modified && ["Space", "Enter", "ArrowLeft", "ArrowRight"].includes(pressed) && !target.closest("[data-cue]")) return;
    if (this.desk.act(act, event) === false) return;
    event.preventDefault();
    event.stopPropagation();
  }

  // ---- the dialog

  open() {
    const groups = grouped();
    const list = this.dialog.querySelector("[data-key-groups]");
    const [section, row, key] = ["key-group", "key-row", "key"].map((name) => this.dialog.querySelector(`[data-${name}]`).content.firstElementChild);
    list.replaceChildren(
      ...[...groups].map(([name, commands]) => {
        const part = section.cloneNode(true);
        part.querySelector("h3").textContent = name;
        part.querySelector("dl").append(
          ...commands.map((command) => {
            const line = row.cloneNode(true);
            line.querySelector("dt").textContent = command.name;
            const keys = this.keysOf(command);
            line.querySelector("[data-keys-of]").replaceChildren(
              ...keys.map((pressed) => {
                const chip = key.cloneNode(true);
                chip.textContent = shown(pressed).join(" ");
                return chip;
              }),
            );
            const button = line.querySelector("[data-rebind]");
            button.dataset.rebind = command.id;
            button.setAttribute("aria-label", `Change the key of “${command.name}”`);
            return line;
          }),
        );
        return part;
      }),
    );
    this.dialog.querySelector("[data-keys-note]").textContent = "";
    if (!this.dialog.open) this.dialog.showModal();
  }

  listen(button) {
    this.listening = button.dataset.rebind;
    this.say(`Press the new key for “${COMMANDS.find(({ id }) => id === this.listening).name}”. Esc leaves it as it is.`);
  }

  rebind(event) {
    const pressed = chord(event);
    event.preventDefault();
    event.stopPropagation();
    if (!pressed) return;
    const id = this.listening;
    if (pressed === "Escape") {
      this.listening = null;
      return this.say("Left as it was.");
    }
    const taken = this.map.get(pressed.toUpperCase());
    if (taken && taken !== id) return this.say(`${shown(pressed).join(" ")} is the key of “${COMMANDS.find((command) => command.id === taken).name}”. Press another one.`);
    this.listening = null;
    this.keep({ ...this.own, [id]: [pressed] });
    this.dialog.querySelector(`[data-rebind="${id}"]`)?.focus();
    this.say(`Now ${shown(pressed).join(" ")}.`);
  }

  keep(own) {
    this.own = own;
    try {
      localStorage.setItem(KEPT, JSON.stringify(own));
    } catch {
      // Without storage the keys hold until the page is left.
    }
    this.read();
    this.open();
  }

  say(text) {
    this.dialog.querySelector("[data-keys-note]").textContent = text;
    announce(text);
  }
}

const shown = (pressed) => (pressed === "+" ? ["+"] : pressed.split("+").map((part) => SHOWN[part] ?? part));

function read() {
  try {
    return JSON.parse(localStorage.getItem(KEPT) ?? "{}");
  } catch {
    return {};
  }
}

function grouped() {
  const groups = new Map();
  for (const command of COMMANDS) groups.set(command.group, [...(groups.get(command.group) ?? []), command]);
  return groups;
}
