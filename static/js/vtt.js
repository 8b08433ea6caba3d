// Just enough WebVTT to edit it: cues become objects, every other block (notes, styles, regions) is kept as it was written.
import { timecode } from "./timecode.js";

const TIMING = /^(?:(\d+):)?(\d{2}):(\d{2})\.(\d{3})[ \t]+-->[ \t]+(?:(\d+):)?(\d{2}):(\d{2})\.(\d{3})(.*)$/;
const clock = (h, m, s, ms) => Number(h ?? 0) * 3600 + Number(m) * 60 + Number(s) + Number(ms) / 1000;

export function parse(content) {
  const [header = "WEBVTT", ...blocks] = content.replace(/^\uFEFF/, "").replace(/\r\n?/g, "\n").trim().split(/\n{2,}/);
  const cues = [];
  const others = [];
  for (const block of blocks) {
    const lines = block.split("\n");
    const at = TIMING.test(lines[0]) ? 0 : TIMING.test(lines[1] ?? "") ? 1 : -1;
    if (at < 0) {
      others.push({ before: cues.length, block });
      continue;
    }
    const part = lines[at].match(TIMING);
    cues.push({
      id: at === 1 ? lines[0] : "",
      start: clock(...part.slice(1, 5)),
      end: clock(...part.slice(5, 9)),
      settings: part[9].trim(),
      text: lines.slice(at + 1).join("\n"),
    });
  }
  return { header, cues, others };
}

export function write({ header, cues, others }) {
  const out = [header];
  cues.forEach((cue, index) => {
    for (const { before, block } of others) if (before === index) out.push(block);
    const timing = `${timecode(cue.start)} --> ${timecode(cue.end)}${cue.settings ? ` ${cue.settings}` : ""}`;
    // A blank line would end the cue for every reader.
    const text = cue.text.split("\n").map((line) => line.trimEnd()).filter(Boolean).join("\n").replaceAll("-->", "--&gt;");
    out.push([cue.id, timing, text].filter(Boolean).join("\n"));
  });
  for (const { before, block } of others) if (before >= cues.length) out.push(block);
  return `${out.join("\n\n")}\n`;
}

// What a viewer reads: no tags, no entities.
export function plain(text) {
  return text
    .replace(/<[^>]*>/g, "")
    .replace(/&(lt|gt|amp|nbsp|lrm|rlm);/g, (_, name) => ({ lt: "<", gt: ">", amp: "&", nbsp: "\u00A0", lrm: "", rlm: "" })[name]);
}
