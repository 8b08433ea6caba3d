// My queue by keyboard: J and K move between what can be started, S starts it. Enter presses the button in focus by itself.
const queue = document.querySelector("[data-work-queue]");

if (queue) {
  const starts = () => [...queue.querySelectorAll("[data-work-start]")];
  const current = () => starts().findIndex((button) => button.closest("li")?.contains(document.activeElement));

  const mark = (button) => {
    for (const item of queue.querySelectorAll(".queue__item--on")) item.classList.remove("queue__item--on");
    button.closest("li")?.classList.add("queue__item--on");
  };

  const move = (step) => {
    const all = starts();
    if (all.length === 0) return;
    const next = all[Math.min(Math.max(current() + step, 0), all.length - 1)];
    next.focus();
    next.scrollIntoView({ block: "nearest" });
  };

  queue.addEventListener("focusin", (event) => {
    const button = event.target.closest("li")?.querySelector("[data-work-start]");
    if (button) mark(button);
  });

  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest?.("input, textarea, select, dialog[open]");
    if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
    const key = event.key.toLowerCase();
    if (key === "j") move(1);
    else if (key === "k") move(-1);
    else if (key === "s") {
      const all = starts();
      all[Math.max(current(), 0)]?.click();
    } else return;
    event.preventDefault();
  });
}
