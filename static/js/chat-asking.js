// Asking the studio from a conversation: data, parts of the page, and what a refusal says.
import { ask, refusal } from "./cue-asking.js";

export { ask };

export const problem = (answer) => answer.body?.error ?? refusal(answer);
export const UNREACHED = "The studio cannot be reached. Check the connection and try again.";

// One question whose refusal, or silence, is said through `complain`. -> the body, or null.
export async function asked(complain, address, options) {
  try {
    const answer = await ask(address, options);
    if (answer.ok) return answer.body ?? {};
    complain(problem(answer));
  } catch {
    complain(UNREACHED);
  }
  return null;
}

// A part of a page, as the server wrote it. Scripts in a parsed document never run. -> elements, or null where there is none any more.
export async function fragment(address) {
  const answer = await fetch(address, { headers: { Accept: "text/html" } });
  return answer.ok && !answer.redirected ? parsed(await answer.text()) : null;
}

export function parsed(text) {
  const page = new DOMParser().parseFromString(text, "text/html");
  return [...page.body.children].map((part) => document.adoptNode(part));
}

// What came later is dressed as the page was: times, and what only scripts can do.
export const dressed = (place) => place.dispatchEvent(new CustomEvent("htmx:after:swap", { bubbles: true }));
