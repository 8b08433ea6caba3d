// Short messages in the corner. The region is a live region, so a screen reader hears them as well.
const region = document.querySelector("[data-toasts]");

export function toast(text, kind = "info") {
  const box = document.querySelector("#toast-template").content.firstElementChild.cloneNode(true);
  box.classList.add(`toast--${kind}`);
  const use = box.querySelector("use");
  use.setAttribute("href", use.getAttribute("href").replace(/#.*/, `#i-${kind === "error" ? "error" : "ok"}`));
  box.querySelector(".toast__text").textContent = text;
  region.append(box);
  // An error stays until it is read and closed.
  if (kind !== "error") setTimeout(() => box.remove(), 8000);
}

// Says something to screen readers alone.
export function announce(text) {
  document.querySelector("#announcer").textContent = text;
}

region?.addEventListener("click", (event) => event.target.closest("[data-close]")?.closest(".toast").remove());

// Said for what a person sent; a part of the page that could not renew itself tries again by itself.
document.addEventListener("htmx:error", (event) => {
  if (event.target.matches?.("form")) toast("That did not work. Check the connection and try again.", "error");
});
