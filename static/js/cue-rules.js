// The house profile, live. Limits come from the server with the page; what is measured follows the same definitions:
// letters, punctuation and spaces count, tags and line breaks do not; a frame is 1 / fps.
import { plain } from "./vtt.js";

const round = (number, digits = 1) => Number(number.toFixed(digits));
export const length = (text) => [...text].length;

export function speed(cue) {
  const duration = cue.end - cue.start;
  return duration > 0 ? length(plain(cue.text).replaceAll("\n", "")) / duration : Infinity;
}

export function lines(cue) {
  return plain(cue.text).split("\n").map(length);
}

// For one cue, given the one after it: [{level, rule, text}], gravest first.
export function findings(cue, next, profile, fps) {
  const found = [];
  const add = (level, rule, text) => found.push({ level, rule, text });
  const duration = cue.end - cue.start;
  if (!plain(cue.text).trim()) add("error", "empty", "No text yet");
  if (duration <= 0) add("error", "nonmonotonic", "Ends before it starts");
  if (next && next.start < cue.start) add("error", "nonmonotonic", "Starts after the next cue");
  else if (next && next.start < cue.end - 0.0005) add("error", "overlap", `Overlaps the next cue by ${round(cue.end - next.start, 3)} s`);
  else if (next && profile.gap_frames) {
    const gap = Math.round((next.start - cue.end) * fps);
    if (gap < profile.gap_frames) add("error", "gap_min", `Gap of ${gap} ${gap === 1 ? "frame" : "frames"}, limit ${profile.gap_frames}`);
  }
  if (duration > 0 && profile.shortest && duration < profile.shortest - 0.0005) add("error", "dur_min", `${round(duration, 3)} s, at least ${profile.shortest} s`);
  if (profile.longest && duration > profile.longest + 0.0005) add("error", "dur_max", `${round(duration, 3)} s, at most ${profile.longest} s`);
  const measured = lines(cue);
  if (profile.lines && measured.length > profile.lines) add("error", "lines_max", `${measured.length} lines, at most ${profile.lines}`);
  const longest = Math.max(...measured);
  if (profile.line_length && longest > profile.line_length) add("error", "line_len", `Line of ${longest}, limit ${profile.line_length}`);
  const cps = round(speed(cue));
  if (profile.cps && duration > 0 && cps > profile.cps) add("error", "cps_max", `${cps} cps, limit ${profile.cps}`);
  else if (profile.cps_best && duration > 0 && cps > profile.cps_best) add("warn", "cps_opt", `${cps} cps, best ${profile.cps_best}`);
  return found.sort((one, other) => (one.level === other.level ? 0 : one.level === "error" ? -1 : 1));
}
