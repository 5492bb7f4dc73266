// Polygons: decoded from bytes when first drawn, thinner where the reader is far away.
import { mercatorX, mercatorY } from "./mercator.mjs";

export const STEP = 1e-5; // degrees
const MOST_KEPT = 20000;
const FINE_SCALE = 300000; // pixels a unit from which all vertices are drawn

export class Shapes {
  // `data` has `${prefix}_rings`, `_points`, `_start` and `_path`; a shape starts at its origin, in steps.
  constructor(data, prefix, originX = null, originY = null) {
    this.rings = data[`${prefix}_rings`];
    this.points = data[`${prefix}_points`];
    this.start = data[`${prefix}_start`];
    this.path = data[`${prefix}_path`];
    this.originX = originX;
    this.originY = originY;
    this.firstRing = new Uint32Array(this.rings.length + 1);
    for (let i = 0; i < this.rings.length; i++) this.firstRing[i + 1] = this.firstRing[i] + this.rings[i];
    this.whole = new Map();
    this.thin = new Map();
    this.thinLevel = -1;
  }

  get length() { return this.rings.length; }

  get(i) { return keep(this.whole, i, () => this.decode(i)); }

  // The rings of a shape as far as they can be told apart at `scale` pixels a unit.
  at(i, scale) {
    if (scale >= FINE_SCALE) return this.get(i);
    const level = Math.floor(Math.log2(scale) / 2);
    if (level !== this.thinLevel) this.thin.clear();
    this.thinLevel = level;
    return keep(this.thin, i, () => this.get(i).map((ring) => thinned(ring, 0.5 / 4 ** (level + 1))));
  }

  // Rings as [x0, y0, x1, y1, ...] on the Mercator square.
  decode(i) {
    let at = this.start[i];
    const path = this.path;
    const next = () => {
      let value = 0, factor = 1, byte;
      do {
        byte = path[at++];
        value += (byte & 127) * factor;
        factor *= 128;
      } while (byte > 127);
      return value % 2 ? -(value + 1) / 2 : value / 2;
    };
    let x = this.originX ? this.originX[i] : 0;
    let y = this.originY ? this.originY[i] : 0;
    const rings = [];
    for (let r = this.firstRing[i]; r < this.firstRing[i + 1]; r++) {
      const ring = new Float64Array(2 * this.points[r]);
      for (let k = 0; k < ring.length; k += 2) {
        x += next();
        y += next();
        ring[k] = mercatorX(x * STEP);
        ring[k + 1] = mercatorY(y * STEP);
      }
      rings.push(ring);
    }
    return rings;
  }
}

function keep(cache, key, make) {
  let found = cache.get(key);
  if (!found) {
    found = make();
    if (cache.size > MOST_KEPT) cache.clear();
    cache.set(key, found);
  }
  return found;
}

// A ring without the vertices that lie nearer than `least` to the one kept before.
export function thinned(ring, least) {
  if (ring.length <= 8) return ring;
  const kept = [ring[0], ring[1]];
  let [x, y] = kept;
  for (let k = 2; k < ring.length; k += 2) {
    if (Math.abs(ring[k] - x) < least && Math.abs(ring[k + 1] - y) < least) continue;
    kept.push((x = ring[k]), (y = ring[k + 1]));
  }
  return Float64Array.from(kept);
}

// [west, north, east, south] of rings.
export function boundsOf(rings) {
  let west = 1, north = 1, east = 0, south = 0;
  for (const ring of rings) {
    for (let k = 0; k < ring.length; k += 2) {
      west = Math.min(west, ring[k]);
      east = Math.max(east, ring[k]);
      north = Math.min(north, ring[k + 1]);
      south = Math.max(south, ring[k + 1]);
    }
  }
  return [west, north, east, south];
}

// Whether a place lies inside rings, holes taken out (even-odd).
export function contains(rings, x, y) {
  let inside = false;
  for (const ring of rings) {
    for (let k = 0, j = ring.length - 2; k < ring.length; j = k, k += 2) {
      const crosses = ring[k + 1] > y !== ring[j + 1] > y;
      if (crosses && x < ((ring[j] - ring[k]) * (y - ring[k + 1])) / (ring[j + 1] - ring[k + 1]) + ring[k]) inside = !inside;
    }
  }
  return inside;
}
