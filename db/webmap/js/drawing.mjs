// What several layers draw with.

// A ring as a path, leaving out points nearer than `least` pixels to the one before.
export function trace(context, view, ring, least = 0.5) {
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

// Coordinates in CSS pixels, whatever the screen's density.
export function toPixels(context, view) {
  context.setTransform(view.density, 0, 0, view.density, 0, 0);
}

// A canvas of the view's size, cleared.
export function freshCanvas(canvas, view) {
  const width = Math.round(view.width * view.density), height = Math.round(view.height * view.density);
  if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
  const context = canvas.getContext("2d");
  context.setTransform(1, 0, 0, 1, 0, 0);
  context.globalCompositeOperation = "source-over";
  context.clearRect(0, 0, width, height);
  toPixels(context, view);
  return context;
}

// The pixels of another canvas over this one.
export function overlay(context, canvas, view) {
  context.setTransform(1, 0, 0, 1, 0, 0);
  context.drawImage(canvas, 0, 0);
  toPixels(context, view);
}

// Squares straight into pixels, the fastest way to many dots: later ones lie on top.
export class Dots {
  constructor(view, reach) {
    this.width = Math.round(view.width * view.density);
    this.height = Math.round(view.height * view.density);
    this.reach = reach;
    this.scale = view.scale * view.density;
    this.left = this.width / 2 - view.x * this.scale;
    this.top = this.height / 2 - view.y * this.scale;
    this.image = new ImageData(this.width, this.height);
    this.pixels = new Uint32Array(this.image.data.buffer);
  }

  // `put(pixels, from, to)` marks the pixels of one line.
  add(x, y, put) {
    const cx = Math.round(x * this.scale + this.left), cy = Math.round(y * this.scale + this.top);
    const x0 = Math.max(0, cx - this.reach), x1 = Math.min(this.width - 1, cx + this.reach);
    const y1 = Math.min(this.height - 1, cy + this.reach);
    if (x1 < x0) return;
    for (let line = Math.max(0, cy - this.reach); line <= y1; line++) put(this.pixels, line * this.width + x0, line * this.width + x1 + 1);
  }

  show(canvas, context, view) {
    Object.assign(canvas, { width: this.width, height: this.height });
    canvas.getContext("2d").putImageData(this.image, 0, 0);
    overlay(context, canvas, view);
  }
}

// Diagonal lines, for ground of which nothing is known.
export function hatch(context, colour) {
  const tile = document.createElement("canvas");
  tile.width = tile.height = 8;
  const brush = tile.getContext("2d");
  brush.strokeStyle = colour;
  brush.lineWidth = 1.4;
  for (const shift of [-8, 0, 8]) {
    brush.moveTo(shift, 8);
    brush.lineTo(shift + 8, 0);
  }
  brush.stroke();
  return context.createPattern(tile, "repeat");
}
