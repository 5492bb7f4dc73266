// Where the reader looks: a middle on the Mercator square and pixels a unit, moved by pointer and keys.
const SMALLEST = 200, LARGEST = 2e9;

class View {
  constructor(canvas, changed) {
    this.canvas = canvas;
    this.changed = changed;
    this.x = this.y = 0.5;
    this.scale = 1000;
    this.width = this.height = 1;
    this.pointers = new Map();
    this.moved = 0;
    new ResizeObserver(() => this.resize()).observe(canvas);
    canvas.addEventListener("wheel", (e) => {
      e.preventDefault();
      this.zoomAt(Math.exp(-e.deltaY * (e.deltaMode ? 0.03 : 0.0016)), ...this.at(e));
    }, { passive: false });
    canvas.addEventListener("pointerdown", (e) => this.down(e));
    canvas.addEventListener("pointermove", (e) => this.move(e));
    for (const type of ["pointerup", "pointercancel"]) canvas.addEventListener(type, (e) => this.up(e));
    canvas.addEventListener("keydown", (e) => this.key(e));
  }

  at(e) {
    const box = this.canvas.getBoundingClientRect();
    return [e.clientX - box.left, e.clientY - box.top];
  }

  resize() {
    const box = this.canvas.getBoundingClientRect();
    this.density = Math.min(window.devicePixelRatio || 1, 2);
    this.width = Math.max(1, Math.round(box.width));
    this.height = Math.max(1, Math.round(box.height));
    this.canvas.width = Math.round(this.width * this.density);
    this.canvas.height = Math.round(this.height * this.density);
    this.changed();
  }

  down(e) {
    this.canvas.setPointerCapture(e.pointerId);
    if (!this.pointers.size) this.moved = 0;
    this.pointers.set(e.pointerId, this.at(e));
  }

  move(e) {
    const before = this.pointers.get(e.pointerId);
    if (!before) return;
    const now = this.at(e);
    const others = [...this.pointers.entries()].filter(([id]) => id !== e.pointerId).map(([, p]) => p);
    this.moved += Math.abs(now[0] - before[0]) + Math.abs(now[1] - before[1]);
    if (others.length) {
      const spread = (p) => Math.hypot(p[0] - others[0][0], p[1] - others[0][1]) || 1;
      this.zoomAt(spread(now) / spread(before), (now[0] + others[0][0]) / 2, (now[1] + others[0][1]) / 2);
    } else {
      this.pan(before[0] - now[0], before[1] - now[1]);
    }
    this.pointers.set(e.pointerId, now);
  }

  up(e) {
    this.pointers.delete(e.pointerId);
    if (e.type === "pointerup" && this.moved < 6 && !this.pointers.size) this.onPick(...this.at(e));
  }

  key(e) {
    const far = 0.2 * Math.min(this.width, this.height);
    const moves = { ArrowLeft: [-far, 0], ArrowRight: [far, 0], ArrowUp: [0, -far], ArrowDown: [0, far] };
    if (moves[e.key]) this.pan(...moves[e.key]);
    else if (e.key === "+" || e.key === "=") this.zoomAt(1.6);
    else if (e.key === "-") this.zoomAt(1 / 1.6);
    else if (e.key === "0") this.home();
    else if (e.key === "Enter") this.onPick(this.width / 2, this.height / 2, Infinity);
    else if (e.key === "Escape") this.onPick(-1e9, -1e9);
    else return;
    e.preventDefault();
  }

  pan(dx, dy) {
    this.x = Math.max(0, Math.min(1, this.x + dx / this.scale));
    this.y = Math.max(0, Math.min(1, this.y + dy / this.scale));
    this.changed();
  }

  zoomAt(factor, px = this.width / 2, py = this.height / 2) {
    const [x, y] = this.place(px, py);
    this.scale = Math.max(SMALLEST, Math.min(LARGEST, this.scale * factor));
    this.x = x - (px - this.width / 2) / this.scale;
    this.y = y - (py - this.height / 2) / this.scale;
    this.changed();
  }

  fit([west, north, east, south], margin = 1.25) {
    this.x = (west + east) / 2;
    this.y = (north + south) / 2;
    const scale = Math.min(this.width / (east - west || 1e-6), this.height / (south - north || 1e-6)) / margin;
    this.scale = Math.max(SMALLEST, Math.min(LARGEST / 20, scale));
    this.changed();
  }

  place(px, py) { return [this.x + (px - this.width / 2) / this.scale, this.y + (py - this.height / 2) / this.scale]; }

  get bounds() { return [...this.place(0, 0), ...this.place(this.width, this.height)]; }
}
