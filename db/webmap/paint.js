// Drawing: countries below, then mines as dots when far and as outlines when near.
const SEA = "#dfe9f0", LAND = "#f7f5f0", BORDER = "#b9bec5";
const OUTLINE_SCALE = 60000; // pixels a unit from which outlines are worth drawing
const MOST_OUTLINES = 6000;

class Painter {
  constructor(canvas, view, mines, land) {
    this.context = canvas.getContext("2d");
    Object.assign(this, { canvas, view, mines, land });
    this.landBounds = land.rings.length ? Array.from(land.rings, (_, i) => boundsOf(land.get(i))) : [];
    this.dots = document.createElement("canvas");
    this.shown = [];
    this.milliseconds = 0;
  }

  // colours: an index into palette for each mine, 0 = hidden; palette[1...] as [r, g, b]
  draw(colours, palette, chosen) {
    const began = performance.now();
    const { context, view } = this;
    const [west, north, east, south] = view.bounds;
    context.setTransform(view.density, 0, 0, view.density, 0, 0);
    context.fillStyle = SEA;
    context.fillRect(0, 0, view.width, view.height);
    this.drawLand(west, north, east, south);
    this.collect(colours, west, north, east, south);
    const near = view.scale > OUTLINE_SCALE && this.shown.length < MOST_OUTLINES;
    if (near) this.drawOutlines(colours, palette);
    else this.drawDots(colours, palette);
    if (chosen >= 0) this.drawChosen(chosen, near);
    this.milliseconds = performance.now() - began;
  }

  collect(colours, west, north, east, south) {
    const { mines } = this;
    const margin = this.view.scale > OUTLINE_SCALE ? 0.0015 : 4 / this.view.scale;
    this.shown.length = 0;
    for (let i = 0; i < mines.n; i++) {
      const x = mines.x[i], y = mines.y[i];
      if (colours[i] && x > west - margin && x < east + margin && y > north - margin && y < south + margin) this.shown.push(i);
    }
  }

  drawLand(west, north, east, south) {
    const { context, view } = this;
    context.beginPath();
    for (let i = 0; i < this.landBounds.length; i++) {
      const [w, n, e, s] = this.landBounds[i];
      if (w < east && e > west && n < south && s > north) {
        for (const ring of this.land.get(i)) this.trace(ring, 0.7);
      }
    }
    context.fillStyle = LAND;
    context.fill("evenodd");
    context.strokeStyle = BORDER;
    context.lineWidth = 0.8;
    context.stroke();
  }

  // A ring as a path, leaving out points nearer than `least` pixels to the one before.
  trace(ring, least) {
    const { context, view } = this;
    const { scale } = view;
    const left = view.width / 2 - view.x * scale, top = view.height / 2 - view.y * scale;
    let px = ring[0] * scale + left, py = ring[1] * scale + top;
    context.moveTo(px, py);
    for (let k = 2; k < ring.length; k += 2) {
      const x = ring[k] * scale + left, y = ring[k + 1] * scale + top;
      if (Math.abs(x - px) < least && Math.abs(y - py) < least) continue;
      context.lineTo((px = x), (py = y));
    }
    context.closePath();
  }

  drawOutlines(colours, palette) {
    const { context } = this;
    const groups = new Map();
    for (const i of this.shown) {
      if (!groups.has(colours[i])) groups.set(colours[i], []);
      groups.get(colours[i]).push(i);
    }
    for (const [colour, members] of groups) {
      const [r, g, b] = palette[colour];
      context.beginPath();
      for (const i of members) for (const ring of this.mines.shapes.get(i)) this.trace(ring, 0.4);
      context.fillStyle = `rgba(${r},${g},${b},.62)`;
      context.fill("evenodd");
      context.strokeStyle = `rgb(${r * 0.7},${g * 0.7},${b * 0.7})`;
      context.lineWidth = 1;
      context.stroke();
    }
  }

  // Dots straight into pixels: three by three, later ones on top; the largest mines come last.
  drawDots(colours, palette) {
    const { view, mines, dots } = this;
    const width = this.canvas.width, height = this.canvas.height;
    if (dots.width !== width || dots.height !== height) Object.assign(dots, { width, height });
    const context = dots.getContext("2d");
    const image = context.createImageData(width, height);
    const pixels = new Uint32Array(image.data.buffer);
    const words = palette.map((c) => (c ? (255 << 24) | (c[2] << 16) | (c[1] << 8) | c[0] : 0));
    const scale = view.scale * view.density;
    const left = width / 2 - view.x * scale, top = height / 2 - view.y * scale;
    const reach = Math.max(1, Math.round((this.shown.length > 20000 ? 1 : 2) * view.density));
    for (let s = this.shown.length - 1; s >= 0; s--) {
      const i = this.shown[s];
      const cx = Math.round(mines.x[i] * scale + left), cy = Math.round(mines.y[i] * scale + top);
      const word = words[colours[i]];
      const x0 = Math.max(0, cx - reach), x1 = Math.min(width - 1, cx + reach);
      const y1 = Math.min(height - 1, cy + reach);
      for (let y = Math.max(0, cy - reach); y <= y1; y++) if (x1 >= x0) pixels.fill(word, y * width + x0, y * width + x1 + 1);
    }
    context.putImageData(image, 0, 0);
    this.context.setTransform(1, 0, 0, 1, 0, 0);
    this.context.drawImage(dots, 0, 0);
    this.context.setTransform(view.density, 0, 0, view.density, 0, 0);
  }

  drawChosen(i, near) {
    const { context, view, mines } = this;
    context.beginPath();
    if (near) for (const ring of mines.shapes.get(i)) this.trace(ring, 0.4);
    else context.arc((mines.x[i] - view.x) * view.scale + view.width / 2, (mines.y[i] - view.y) * view.scale + view.height / 2, 9, 0, 7);
    context.strokeStyle = "#fff";
    context.lineWidth = 5;
    context.stroke();
    context.strokeStyle = "#000";
    context.lineWidth = 2.2;
    context.stroke();
  }

  // The mine at a place on the screen: inside an outline, else the nearest dot within reach.
  pick(px, py, reach = 14) {
    const [x, y] = this.view.place(px, py);
    let best = -1, least = reach / this.view.scale;
    for (const i of this.shown) {
      const distance = Math.hypot(this.mines.x[i] - x, this.mines.y[i] - y);
      if (this.view.scale > OUTLINE_SCALE && distance < 0.0015 && this.mines.contains(i, x, y)) return i;
      if (distance < least) [best, least] = [i, distance];
    }
    return best;
  }
}
