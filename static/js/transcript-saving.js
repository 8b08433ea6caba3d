// What the reader sends, and the question when somebody else was faster.
import { csrf } from "./forms.js";

export class Refused extends Error {
  constructor(status, body) {
    super(body.error ?? body.detail ?? "That did not work. Try again.");
    this.status = status;
    this.body = body;
  }
}

// -> the answer's JSON; throws Refused for what the server refuses.
export async function send(method, address, body) {
  const answer = await fetch(address, {
    method,
    headers: { Accept: "application/json", "X-CSRFToken": csrf(), ...(body ? { "Content-Type": "application/json" } : {}) },
    body: body && JSON.stringify(body),
  });
  const told = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Refused(answer.status, told);
  return told;
}

// A fragment of a page as elements.
export async function fragment(address) {
  const answer = await fetch(address, { headers: { Accept: "text/html" } });
  if (!answer.ok) throw new Refused(answer.status, {});
  return new DOMParser().parseFromString(await answer.text(), "text/html").body;
}

// -> "mine", "theirs", or "edit" to go on writing.
export function whose(dialog, { mine, theirs }) {
  dialog.querySelector("[data-mine]").textContent = mine;
  dialog.querySelector("[data-theirs]").textContent = theirs;
  return new Promise((resolve) => {
    const done = (choice) => {
      dialog.onclose = null;
      if (dialog.open) dialog.close();
      resolve(choice);
    };
    dialog.onclose = () => done("edit");
    for (const button of dialog.querySelectorAll("[data-keep]")) button.onclick = () => done(button.dataset.keep);
    dialog.showModal();
  });
}
