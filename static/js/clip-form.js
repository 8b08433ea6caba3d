// The form of a clip: its ends are taken from the player, and from words that were selected in the transcript.
import { timecode } from "./timecode.js";

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-clip-take]");
  if (!button) return;
  const player = document.querySelector("media-player");
  const field = button.closest("form").elements[button.dataset.clipTake];
  if (!player || !field) return;
  field.value = timecode(player.currentTime);
  field.focus();
});
