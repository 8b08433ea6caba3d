// Choosing several rows or cards of a list: the bar of what can be done with them shows while there are any. Shift takes all between two.
import { announce } from "./toast.js";

let last = null;

const picks = (list) => [...list.querySelectorAll("[data-pick]")];

function tell(list) {
  const chosen = picks(list).filter(({ checked }) => checked);
  const bar = document.querySelector(`[data-bulk="${CSS.escape(list.id)}"]`);
  if (!bar) return;
  bar.hidden = !chosen.length;
  bar.querySelector("[data-count]").textContent = `${chosen.length} selected`;
  for (const all of document.querySelectorAll("[data-pick-all]")) {
    all.checked = chosen.length > 0 && chosen.length === picks(list).length;
    all.indeterminate = chosen.length > 0 && !all.checked;
  }
}

document.addEventListener("click", (event) => {
  const pick = event.target.closest?.("[data-pick]");
  const list = pick?.closest("[data-selection]");
  if (list) {
    const every = picks(list);
    if (event.shiftKey && last && every.includes(last)) {
      const [from, to] = [every.indexOf(last), every.indexOf(pick)].sort((a, b) => a - b);
      for (const one of every.slice(from, to + 1)) one.checked = pick.checked;
    }
    last = pick;
    tell(list);
  }
  const all = event.target.closest?.("[data-pick-all]");
  if (all) {
    const whole = document.querySelector("[data-selection]");
    for (const one of picks(whole)) one.checked = all.checked;
    tell(whole);
    announce(all.checked ? "All on this page are selected." : "Nothing is selected.");
  }
  if (event.target.closest?.("[data-pick-none]")) {
    const whole = document.querySelector("[data-selection]");
    for (const one of picks(whole)) one.checked = false;
    tell(whole);
  }
});

// The list renews itself while things come in; what was chosen stays chosen.
document.addEventListener("htmx:after:swap", () => {
  const whole = document.querySelector("[data-selection]");
  if (whole) tell(whole);
});
for (const list of document.querySelectorAll("[data-selection]")) tell(list);
