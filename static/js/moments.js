// The server writes times in UTC; people read them in their own zone, with the exact time on hover.
const exact = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "long" });
const written = {
  moment: new Intl.DateTimeFormat(undefined, { day: "2-digit", month: "short", hour: "2-digit", minute: "2-digit" }),
  clock: new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit", hour12: false }),
};
const relative = new Intl.RelativeTimeFormat(document.documentElement.lang, { numeric: "auto" });
const units = [["day", 86400], ["hour", 3600], ["minute", 60]];

function since(date) {
  const seconds = (date - Date.now()) / 1000;
  const [unit, length] = units.find(([, size]) => Math.abs(seconds) >= size) ?? [];
  return unit ? relative.format(Math.round(seconds / length), unit) : "just now";
}

function write(root) {
  for (const element of root.querySelectorAll("time[data-time]")) {
    const date = new Date(element.dateTime);
    const text = element.dataset.time === "ago" ? since(date) : written[element.dataset.time].format(date);
    if (element.textContent !== text) element.textContent = text;
    element.title = exact.format(date);
  }
}

write(document);
setInterval(() => write(document), 30_000);
document.addEventListener("htmx:after:swap", () => write(document));
