// Asking the studio: JSON both ways, with the token; a route that is not there is told apart from one that refuses.
import { csrf } from "./forms.js";

// -> {ok, status, body}; throws only when the studio cannot be reached.
export async function ask(address, { method = "GET", body, keepalive = false } = {}) {
  const answer = await fetch(address, {
    method,
    keepalive,
    headers: { Accept: "application/json", ...(body === undefined ? {} : { "Content-Type": "application/json" }), "X-CSRFToken": csrf() },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  const text = await answer.text();
  let read = null;
  try {
    read = text ? JSON.parse(text) : null;
  } catch {
    read = null;
  }
  return { ok: answer.ok, status: answer.status, body: read };
}

// What the refusal says, as a sentence.
export const refusal = ({ body }) => (Array.isArray(body?.detail) ? body.detail.map(({ msg }) => msg).join(" ") : (body?.detail ?? "That did not work."));
