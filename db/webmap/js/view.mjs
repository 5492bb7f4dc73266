// Where the reader looks: a middle on the Mercator square and pixels a unit.
import { scaleOf, zoomOf } from "./mercator.mjs";

const SMALLEST = 200, LARGEST = scaleOf(22);
const CLOSEST_FIT = scaleOf(17);
const between = (low, value, high) => Math.max(low, Math.min(high, value));

export class View {
  constructor(changed = () => {}) {
    this.changed = changed;
    this.x = this.y = 0.5;
    this.scale = 1000;
    this.width = this.height = 1;
    this.density = 1;
  }

  get zoom() { return zoomOf(this.scale); }
  get bounds() { return [...this.place(0, 0), ...this.place(this.width, this.height)]; }

  place(px, py) { return [this.x + (px - this.width / 2) / this.scale, this.y + (py - this.height / 2) / this.scale]; }
  pixel(x, y) { return [(x - this.x) * this.scale + this.width / 2, (y - this.y) * this.scale + this.height / 2]; }

  resize(width, height, density) {
    Object.assign(this, { width: Math.max(1, width), height: Math.max(1, height), density });
    this.changed();
  }

  look(x, y, scale = this.scale) {
    this.scale = between(SMALLEST, scale, LARGEST);
    this.x = between(0, x, 1);
    this.y = between(0, y, 1);
    this.changed();
  }

  pan(dx, dy) { this.look(this.x + dx / this.scale, this.y + dy / this.scale); }

  // What lies under the pixel stays under it.
  zoomAt(factor, px = this.width / 2, py = this.height / 2) {
    const [x, y] = this.place(px, py);
    const scale = between(SMALLEST, this.scale * factor, LARGEST);
    this.look(x - (px - this.width / 2) / scale, y - (py - this.height / 2) / scale, scale);
  }

  fit([west, north, east, south], margin = 1.25) {
    const scale = Math.min(this.width / (east - west || 1e-6), this.height / (south - north || 1e-6)) / margin;
    this.look((west + east) / 2, (north + south) / 2, Math.min(CLOSEST_FIT, scale));
  }
}
