// The keyboard of the dubbing desk. Inside a text only keys with a modifier, and the function keys, mean the desk.
import { chord } from "./cue-keys.js";

const STEP = 0.04;

const KEYS = {
  Space: "play",
  "Ctrl+Space": "play",
  A: "swap",
  O: "original",
  P: "dub",
  ArrowLeft: "back",
  ArrowRight: "on",
  ArrowUp: "up",
  ArrowDown: "down",
  "Alt+ArrowUp": "up",
  "Alt+ArrowDown": "down",
  F8: "next",
  "Shift+F8": "previous",
  Enter: "text",
  Escape: "list",
  "Ctrl+S": "save",
  "Ctrl+Enter": "speak",
  R: "speak",
  M: "mute",
  "Ctrl+Shift+M": "merge",
  "Ctrl+Alt+V": "split",
  "[": "in",
  "]": "out",
  "Alt+Shift+ArrowLeft": "in-earlier",
  "Alt+Shift+ArrowRight": "in-later",
  "Ctrl+Alt+ArrowLeft": "out-earlier",
  "Ctrl+Alt+ArrowRight": "out-later",
  "/": "find",
  "Ctrl+F": "find",
  "?": "keys",
};

export class DubKeys {
  constructor(desk, dialog) {
    Object.assign(this, { desk, dialog });
    document.addEventListener("keydown", (event) => this.press(event));
  }

  open() {
    if (!this.dialog.open) this.dialog.showModal();
  }

  press(event) {
    if (event.defaultPrevented || !this.desk.isConnected || document.querySelector("dialog[open], [popover]:popover-open")) return;
    const pressed = chord(event);
    const act = KEYS[pressed];
    if (!act) return;
    const { target } = event;
    const typing = target.matches("input:not([type=range], [type=checkbox]), textarea, select");
    const modified = event.ctrlKey || event.metaKey || event.altKey || /(^|\+)F\d+$/.test(pressed);
    const text = target.matches("[data-text]");
    if (typing && !modified && !(pressed === "Escape" && text)) return;
    // Word by word, and other fields, belong to the field.
    if (typing && !text && !["find", "play", "save"].includes(act)) return;
    const pressable = target.closest("button, a, summary, [type=range], [type=checkbox]");
    if (pressable && !modified && ["Space", "Enter", "ArrowLeft", "ArrowRight"].includes(pressed) && !target.matches("[data-select]")) return;
    if (target.matches("[data-select]") && pressed === "Enter") {
      this.desk.lines.select(target.closest("[data-line]"), { text: true });
    } else if (this.act(act, text) === false) return;
    event.preventDefault();
    event.stopPropagation();
  }

  act(act, text) {
    const { desk } = this;
    const { lines, player } = desk;
    const row = lines.at;
    switch (act) {
      case "play": return player?.toggle();
      case "swap": return player?.swap();
      case "original": case "dub": return desk.hearLine(row, act);
      case "back": return player?.seek(player.at - 1);
      case "on": return player?.seek(player.at + 1);
      case "up": return lines.step(-1, { text });
      case "down": return lines.step(1, { text });
      case "next": return lines.problem(1);
      case "previous": return lines.problem(-1);
      case "text": return row ? lines.box(row)?.focus() : false;
      case "list": return row?.querySelector("[data-select]").focus({ preventScroll: true });
      case "save": return row && lines.save(row);
      case "speak": case "mute": return this.button(row, act);
      case "merge": case "split": return this.button(desk.querySelector("#dub-line"), act);
      case "in": return desk.nudge("start", 0);
      case "out": return desk.nudge("end", 0);
      case "in-earlier": return desk.nudge("start", -STEP);
      case "in-later": return desk.nudge("start", STEP);
      case "out-earlier": return desk.nudge("end", -STEP);
      case "out-later": return desk.nudge("end", STEP);
      case "find": return desk.querySelector("[data-find]")?.focus();
      default: return this.open();
    }
  }

  // As if the button were pressed, so that there is one way in which each thing is done.
  button(place, value) {
    const button = place?.querySelector(`button[value="${value}"], button[data-also="${value}"]`);
    if (!button || button.disabled) return false;
    button.click();
    return true;
  }
}
