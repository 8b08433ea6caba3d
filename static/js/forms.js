// What forms and buttons need everywhere: the token for requests that scripts send, and questions asked once, naming the thing.
export const csrf = () => document.querySelector('meta[name="csrf-token"]')?.content ?? "";

document.addEventListener("htmx:config:request", (event) => {
  event.detail.ctx.request.headers["X-CSRFToken"] = csrf();
});

// <button data-opens="id"> opens the dialog; <button data-closes> inside closes it. Focus returns by itself.
document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-opens]");
  if (opener) {
    document.getElementById(opener.dataset.opens)?.showModal();
    event.preventDefault();
  }
  event.target.closest("[data-closes]")?.closest("dialog").close();
});

// Selects that apply at once where scripts run; a button does it where they do not.
document.addEventListener("change", (event) => {
  if (event.target.matches("[data-submits]")) event.target.form.requestSubmit();
});
// Parts that renew themselves come as they are written for everybody.
function withScripts() {
  for (const button of document.querySelectorAll("[data-without-script]")) button.hidden = true;
  for (const button of document.querySelectorAll("[data-with-script]")) button.hidden = false;
}
withScripts();
document.addEventListener("htmx:after:swap", withScripts);

// One press, one request.
document.addEventListener("submit", (event) => {
  if (event.defaultPrevented || event.target.method !== "post") return;
  const button = event.submitter;
  if (!button) return;
  setTimeout(() => {
    button.disabled = true;
    button.setAttribute("aria-busy", "true");
  });
});
addEventListener("pageshow", () => {
  for (const button of document.querySelectorAll("form [aria-busy]")) {
    button.disabled = false;
    button.removeAttribute("aria-busy");
  }
});

// A form in a dialog that htmx sends: the dialog has done its part once the answer is in.
document.addEventListener("htmx:after:request", (event) => {
  event.target.closest?.("[data-closes-when-done]")?.closest("dialog")?.close();
});
