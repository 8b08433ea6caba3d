// Where edges of cues may stand: apart by the smallest gap, on shot changes where one is near. Pure functions; times in seconds.
import { millisecond } from "./cue-list.js";
import { length } from "./cue-rules.js";
import { plain } from "./vtt.js";

// A caption ends two frames before the cut, so that it is gone when the picture changes.
const BEFORE_CUT = 2;
const SHORTEST_FRAMES = 2;

export const gapOf = ({ profile, fps }) => (profile.gap_frames ?? 0) / fps;

// How far a cue may reach without touching its neighbours.
export function room(list, index) {
  const gap = gapOf(list);
  const before = list.cues[index - 1];
  const after = list.cues[index + 1];
  return { least: before ? before.end + gap : 0, most: after ? after.start - gap : Infinity };
}

// The shot change nearest to `time` within `reach` seconds, or null. `shots` are in order.
export function nearest(shots, time, reach) {
  let low = 0;
  let high = shots.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (shots[middle] < time) low = middle + 1;
    else high = middle;
  }
  const near = [shots[low - 1], shots[low]].filter((shot) => shot !== undefined && Math.abs(shot - time) <= reach);
  return near.sort((one, other) => Math.abs(one - time) - Math.abs(other - time))[0] ?? null;
}

export function snapStart(shots, time, reach) {
  return nearest(shots, time, reach) ?? time;
}

export function snapEnd(shots, time, reach, fps) {
  const early = BEFORE_CUT / fps;
  const shot = nearest(shots, time + early, reach);
  return shot === null ? time : Math.max(0, shot - early);
}

// One edge goes to `time`: it snaps, stops at the neighbour's gap, and leaves the cue its shortest length.
export function moveEdge(list, index, side, time, { shots = [], reach = 0 } = {}) {
  const cue = list.cues[index];
  const { least, most } = room(list, index);
  const shortest = SHORTEST_FRAMES / list.fps;
  if (side === "start") {
    const wanted = reach ? snapStart(shots, time, reach) : time;
    return { start: millisecond(Math.max(0, Math.min(Math.max(wanted, Math.min(least, cue.start)), cue.end - shortest))) };
  }
  const wanted = reach ? snapEnd(shots, time, reach, list.fps) : time;
  return { end: millisecond(Math.max(Math.min(wanted, Math.max(most, cue.end)), cue.start + shortest)) };
}

// The whole cue goes to `start`, its length kept, between its neighbours.
export function moveBody(list, index, start, { shots = [], reach = 0 } = {}) {
  const cue = list.cues[index];
  const lasting = cue.end - cue.start;
  const { least, most } = room(list, index);
  let wanted = start;
  if (reach) {
    const begins = snapStart(shots, start, reach);
    wanted = begins !== start ? begins : snapEnd(shots, start + lasting, reach, list.fps) - lasting;
  }
  const first = Math.max(0, Math.min(least, cue.start));
  const last = Math.max(most - lasting, cue.start);
  wanted = Math.min(Math.max(wanted, first), last);
  return { start: millisecond(wanted), end: millisecond(wanted + lasting) };
}

// Up to the next cue, less the gap, and no longer than the profile allows.
export function extend(list, index) {
  const cue = list.cues[index];
  const { most } = room(list, index);
  if (!Number.isFinite(most) || most <= cue.end) return null;
  return { end: millisecond(Math.min(most, list.profile.longest ? cue.start + list.profile.longest : most)) };
}

// Start on the cut, end two frames before one, where a cut is within half a second.
export function snap(list, index, shots) {
  const cue = list.cues[index];
  const reach = Math.floor(list.fps / 2 + 0.5) / list.fps;
  const { start } = moveEdge(list, index, "start", cue.start, { shots, reach });
  const { end } = moveEdge(list, index, "end", cue.end, { shots, reach });
  return end - start < SHORTEST_FRAMES / list.fps || (start === cue.start && end === cue.end) ? null : { start, end };
}

export const shifted = (cue, by) => ({ ...cue, start: millisecond(Math.max(0, cue.start + by)), end: millisecond(Math.max(0, cue.end + by)) });

const PAUSE = /[.!?…,;:)»”"]$/;
const STANDS_ALONE = /^\s*[-–‑—]/m;

// As few lines as the limit allows, as even as the words allow, rather behind a mark of punctuation. Dialogue keeps its lines.
export function balance(text, most = 42, lines = 2) {
  if (STANDS_ALONE.test(text)) return text;
  const words = text.split(/\s+/).filter(Boolean);
  const whole = words.join(" ");
  if (length(plain(whole)) <= most || words.length < 2) return whole;
  const wanted = Math.max(2, Math.min(lines || 2, Math.ceil(length(plain(whole)) / most)));
  return divide(words, wanted, most).join("\n");
}

function divide(words, lines, most) {
  if (lines < 2 || words.length < 2) return [words.join(" ")];
  let best = null;
  for (let place = 1; place < words.length; place++) {
    const head = words.slice(0, place).join(" ");
    const rest = words.slice(place).join(" ");
    const [one, other] = [length(plain(head)), length(plain(rest)) / (lines - 1)];
    const price = Math.abs(one - other) + 4 * Math.max(0, one - most) + 4 * Math.max(0, other - most) - (PAUSE.test(plain(head)) ? 6 : 0);
    if (!best || price < best.price) best = { price, place, head };
  }
  return [best.head, ...divide(words.slice(best.place), lines - 1, most)];
}

// <i> around the text, or away when it is there.
export function italic(text, from, to) {
  const [start, end] = from === to ? [0, text.length] : [from, to];
  const part = text.slice(start, end);
  const bare = part.replace(/<\/?i>/g, "");
  const changed = bare === part ? `<i>${part}</i>` : bare;
  return { text: text.slice(0, start) + changed + text.slice(end), from: start, to: start + changed.length };
}
