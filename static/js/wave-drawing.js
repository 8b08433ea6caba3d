// What <wave-form> paints on its canvas. The colours come from the tokens.
import { timecode } from "./timecode.js";

const TOP = 18;
const WORDS = 16;

export function drawWave(wave) {
  const { canvas, from, span } = wave;
  const [width, height] = [canvas.clientWidth, canvas.clientHeight];
  if (!width || !height) return;
  const ratio = devicePixelRatio || 1;
  if (canvas.width !== Math.round(width * ratio)) canvas.width = Math.round(width * ratio);
  if (canvas.height !== Math.round(height * ratio)) canvas.height = Math.round(height * ratio);
  const style = getComputedStyle(wave);
  const pen = canvas.getContext("2d");
  pen.setTransform(ratio, 0, 0, ratio, 0, 0);
  pen.clearRect(0, 0, width, height);
  pen.font = `12px ${style.fontFamily}`;
  pen.textBaseline = "middle";
  const sheet = {
    wave, pen, width, height, from, span,
    x: (time) => ((time - from) / span) * width,
    colour: (name) => style.getPropertyValue(name).trim(),
    seen: wave.within(from, from + span).map((index) => [wave.cues[index], index]),
  };
  ruler(sheet);
  shots(sheet);
  cues(sheet);
  peaks(sheet);
  words(sheet);
  range(sheet);
  playhead(sheet);
}

function ruler({ pen, x, colour, width, from, span }) {
  const step = [0.5, 1, 2, 5, 10, 20].find((size) => (size / span) * width > 90) ?? 30;
  pen.fillStyle = colour("--stage-text-2");
  for (let time = Math.ceil(from / step) * step; time < from + span; time += step) {
    pen.fillRect(x(time), TOP - 4, 1, 4);
    pen.fillText(timecode(time).slice(0, step < 1 ? 10 : 8), x(time) + 4, 8);
  }
}

// Where the picture changes: a broken line with a mark at its head.
function shots({ wave, pen, x, colour, height, from, span }) {
  pen.strokeStyle = pen.fillStyle = colour("--stage-text-2");
  pen.setLineDash([3, 3]);
  for (const shot of wave.shots) {
    if (shot < from) continue;
    if (shot > from + span) break;
    const at = Math.round(x(shot)) + 0.5;
    pen.beginPath();
    pen.moveTo(at, TOP);
    pen.lineTo(at, height);
    pen.stroke();
    pen.beginPath();
    pen.moveTo(at - 4, TOP);
    pen.lineTo(at + 4, TOP);
    pen.lineTo(at, TOP + 6);
    pen.fill();
  }
  pen.setLineDash([]);
}

function cues({ wave, pen, x, colour, height, seen }) {
  for (const [cue] of seen) {
    const on = cue.key === wave.selected;
    const [left, right] = [x(cue.start), x(cue.end)];
    const wrong = wave.wrong(cue);
    pen.fillStyle = colour({ error: "--stage-error", warn: "--stage-warn" }[wrong] ?? "--stage-accent");
    pen.globalAlpha = on ? 0.26 : 0.1;
    pen.fillRect(left, TOP, right - left, height - TOP);
    pen.globalAlpha = on ? 1 : 0.5;
    pen.fillRect(left, TOP, on ? 3 : 1, height - TOP);
    pen.fillRect(right - (on ? 3 : 1), TOP, on ? 3 : 1, height - TOP);
    // Not by colour alone: what has a finding wears a bar at its foot, thick for an error.
    if (wrong) pen.fillRect(left, height - (wrong === "error" ? 4 : 2), right - left, wrong === "error" ? 4 : 2);
    pen.globalAlpha = 1;
  }
}

function peaks({ wave, pen, width, height, colour, from, span }) {
  if (!wave.wave?.peaks.length) return;
  const { peaks: all, rate } = wave.wave;
  const middle = TOP + WORDS + (height - TOP - WORDS) / 2;
  const half = (height - TOP - WORDS - 4) / 2;
  pen.fillStyle = colour("--stage-text-2");
  for (let column = 0; column < width; column += 3) {
    const first = Math.floor((from + (column / width) * span) * rate);
    const last = Math.max(first + 1, Math.floor((from + ((column + 3) / width) * span) * rate));
    let most = 0;
    for (let index = Math.max(0, first); index < Math.min(last, all.length); index++) most = Math.max(most, all[index]);
    if (first >= 0 && first < all.length) pen.fillRect(column, middle - Math.max(0.5, most * half), 2, Math.max(1, most * half * 2));
  }
}

function words({ pen, x, colour, seen }) {
  pen.fillStyle = colour("--stage-text");
  for (const [cue, index] of seen) {
    const space = x(cue.end) - x(cue.start) - 12;
    if (space < 24) continue;
    pen.save();
    pen.beginPath();
    pen.rect(x(cue.start) + 6, TOP, space, WORDS);
    pen.clip();
    pen.fillText(`${index + 1}  ${cue.text.replace(/<[^>]*>/g, "").replaceAll("\n", " ")}`, x(cue.start) + 6, TOP + 10);
    pen.restore();
  }
}

// A stretch that was chosen and may become a cue.
function range({ wave, pen, x, colour, height }) {
  if (!wave.range) return;
  const [left, right] = [x(wave.range.start), x(wave.range.end)];
  pen.strokeStyle = pen.fillStyle = colour("--stage-text");
  pen.globalAlpha = 0.16;
  pen.fillRect(left, TOP, right - left, height - TOP);
  pen.globalAlpha = 1;
  pen.setLineDash([5, 3]);
  pen.strokeRect(left + 0.5, TOP + 0.5, right - left, height - TOP - 1);
  pen.setLineDash([]);
}

function playhead({ wave, pen, x, colour, height }) {
  const at = x(wave.time);
  pen.fillStyle = colour("--stage-accent");
  pen.fillRect(at - 1, TOP - 6, 2, height);
  pen.beginPath();
  pen.moveTo(at - 6, TOP - 10);
  pen.lineTo(at + 6, TOP - 10);
  pen.lineTo(at, TOP);
  pen.fill();
}
