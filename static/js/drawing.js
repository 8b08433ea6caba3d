// Strokes over a picture, in fractions of its size, so that they fit at every size of the player.
const COLOURS = { 1: "--note-1", 2: "--note-2", 3: "--note-3", 4: "--note-4" };
const WIDTH = 0.004;
const MOST_STROKES = 50;

export class Drawing {
  // `field` is the input that takes the strokes along with the form.
  constructor(picture, field) {
    this.picture = picture;
    this.field = field;
    this.strokes = parse(field.value);
    this.on = false;
    this.canvas = document.createElement("canvas");
    this.canvas.className = "review__drawing";
    this.canvas.setAttribute("aria-hidden", "true");
    picture.append(this.canvas);
    new ResizeObserver(() => this.paint()).observe(picture);
    this.canvas.addEventListener("pointerdown", (event) => this.begin(event));
    this.canvas.addEventListener("pointermove", (event) => this.go(event));
    this.canvas.addEventListener("pointerup", () => this.end());
    this.canvas.addEventListener("pointercancel", () => this.end());
  }

  toggle() {
    this.on = !this.on;
    this.canvas.classList.toggle("review__drawing--on", this.on);
    this.shown = null;
    this.paint();
  }

  // Another note's drawing, to look at.
  show(strokes) {
    this.shown = strokes;
    this.paint();
  }

  clear() {
    this.strokes = [];
    this.keep();
    this.paint();
  }

  keep() {
    this.field.value = this.strokes.length ? JSON.stringify(this.strokes) : "";
  }

  place(event) {
    const box = this.canvas.getBoundingClientRect();
    const inside = (value) => Math.min(1, Math.max(0, Number(value.toFixed(4))));
    return [inside((event.clientX - box.left) / box.width), inside((event.clientY - box.top) / box.height)];
  }

  begin(event) {
    if (!this.on || this.strokes.length >= MOST_STROKES) return;
    this.canvas.setPointerCapture(event.pointerId);
    this.stroke = { colour: "1", width: WIDTH, points: [this.place(event)] };
    this.strokes.push(this.stroke);
    event.preventDefault();
  }

  go(event) {
    if (!this.stroke || this.stroke.points.length >= 2000) return;
    this.stroke.points.push(this.place(event));
    this.paint();
  }

  end() {
    if (!this.stroke) return;
    this.stroke = null;
    this.keep();
    this.paint();
  }

  paint() {
    const { width, height } = this.picture.getBoundingClientRect();
    const scale = devicePixelRatio || 1;
    this.canvas.width = width * scale;
    this.canvas.height = height * scale;
    const pen = this.canvas.getContext("2d");
    pen.lineCap = pen.lineJoin = "round";
    const style = getComputedStyle(this.canvas);
    for (const { colour, width: thick, points } of this.shown ?? this.strokes) {
      pen.strokeStyle = style.getPropertyValue(COLOURS[colour] ?? COLOURS[1]) || "#ff5a36";
      pen.lineWidth = Math.max(2, thick * this.canvas.width);
      pen.beginPath();
      for (const [x, y] of points) pen.lineTo(x * this.canvas.width, y * this.canvas.height);
      if (points.length === 1) pen.lineTo(points[0][0] * this.canvas.width + 0.1, points[0][1] * this.canvas.height);
      pen.stroke();
    }
  }
}

function parse(text) {
  try {
    return JSON.parse(text || "[]");
  } catch {
    return [];
  }
}
