// The profile of the job, live, in the words of the studio's own checks, which come a moment later with all the other rules.
// Limits come from the server with the page; what is measured follows the same definitions:
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
  if (!plain(cue.text).trim()) add("error", "empty", "The cue has no text.");
  if (duration <= 0) add("error", "nonmonotonic", "The cue ends before it starts.");
  if (next && next.start < cue.start) add("error", "nonmonotonic", "The next cue starts before this one.");
  else if (next && next.start < cue.end - 0.0005) add("error", "overlap", `The cue is still shown ${(cue.end - next.start).toFixed(2)} s into the next one.`);
  else if (next && profile.gap_frames) {
    const gap = Math.round((next.start - cue.end) * fps);
    if (gap < profile.gap_frames) add("error", "gap_min", `The gap to the next cue is ${gap} frames, at least ${profile.gap_frames} are needed.`);
  }
  if (duration > 0 && profile.shortest && duration < profile.shortest - 0.0005) add("error", "dur_min", `The cue is shown for ${duration.toFixed(2)} s, at least ${profile.shortest.toFixed(2)} s are needed.`);
  if (profile.longest && duration > profile.longest + 0.0005) add("error", "dur_max", `The cue is shown for ${duration.toFixed(2)} s, at most ${profile.longest.toFixed(2)} s are good.`);
  const measured = lines(cue);
  if (profile.lines && measured.length > profile.lines) add("error", "lines_max", `The cue has ${measured.length} lines, ${profile.lines} fit.`);
  const longest = Math.max(...measured);
  if (profile.line_length && longest > profile.line_length) add("error", "line_len", `A line has ${longest} characters, ${profile.line_length} fit.`);
  const cps = round(speed(cue));
  if (profile.cps && duration > 0 && cps > profile.cps) add("error", "cps_max", `${cps.toFixed(1)} characters a second; at most ${profile.cps} can be read.`);
  else if (profile.cps_best && duration > 0 && cps > profile.cps_best) add("warn", "cps_opt", `${cps.toFixed(1)} characters a second; up to ${profile.cps_best} read comfortably.`);
  return found.sort((one, other) => (one.level === other.level ? 0 : one.level === "error" ? -1 : 1));
}
