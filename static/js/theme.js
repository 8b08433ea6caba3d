// The server renders data-theme from the "theme" cookie, so the first paint is right; this only changes it.
const root = document.documentElement;

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-set-theme]");
  if (!button) return;
  const choice = button.dataset.setTheme;
  if (choice === "system") delete root.dataset.theme;
  else root.dataset.theme = choice;
  document.cookie = `theme=${choice}; path=/; max-age=31536000; samesite=lax`;
  button.closest("[popover]")?.hidePopover();
  root.dispatchEvent(new CustomEvent("theme-changed"));
});
