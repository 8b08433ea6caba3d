// Times as people in post-production read them.
const two = (number) => String(number).padStart(2, "0");

// 754.12 -> ["00:12:34", "120"]
export function split(seconds) {
  const total = Math.max(0, Math.round(seconds * 1000));
  const whole = Math.floor(total / 1000);
  const clock = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60].map(two).join(":");
  return [clock, String(total % 1000).padStart(3, "0")];
}

export const timecode = (seconds) => split(seconds).join(".");

// Writes into <span class="tc"><span data-clock></span><span class="tc__ms" data-ms></span></span> without building markup.
export function writeTimecode(element, seconds) {
  const [clock, thousandths] = split(seconds);
  element.querySelector("[data-clock]").textContent = clock;
  element.querySelector("[data-ms]").textContent = `.${thousandths}`;
}

// "01:02.5", "62.5" or "00:01:02.500" -> 62.5; NaN where it is none of these.
export function seconds(text) {
  if (!/^\s*(\d+:){0,2}\d{1,2}([.,]\d{1,3})?\s*$/.test(text) && !/^\s*\d+([.,]\d{1,3})?\s*$/.test(text)) return NaN;
  return text.trim().replace(",", ".").split(":").reduce((sum, part) => sum * 60 + Number(part), 0);
}

export function lasting(length) {
  if (length < 60) return `${Math.max(1, Math.round(length))} s`;
  const minutes = Math.round(length / 60);
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${two(minutes % 60)} min`;
}

export function size(bytes) {
  const units = ["B", "kB", "MB", "GB", "TB"];
  const step = Math.min(units.length - 1, Math.floor(Math.log10(Math.max(1, bytes)) / 3));
  const value = bytes / 1000 ** step;
  return `${step < 2 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[step]}`;
}
