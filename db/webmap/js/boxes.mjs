// The boxes around shapes, to find those in sight or under the pointer without decoding any.
import { mercatorX, mercatorY } from "./mercator.mjs";
import { STEP } from "./shapes.mjs";

export class Boxes {
  // `data` has `${prefix}_bounds`: west, south, east, north of each shape, in steps.
  constructor(data, prefix) {
    const steps = data[`${prefix}_bounds`];
    this.n = steps.length / 4;
    this.edges = new Float64Array(steps.length);
    for (let k = 0; k < steps.length; k += 4) {
      this.edges[k] = mercatorX(steps[k] * STEP);
      this.edges[k + 1] = mercatorY(steps[k + 3] * STEP);
      this.edges[k + 2] = mercatorX(steps[k + 2] * STEP);
      this.edges[k + 3] = mercatorY(steps[k + 1] * STEP);
    }
  }

  of(i) { return [...this.edges.subarray(4 * i, 4 * i + 4)]; }

  // Shapes in sight that are larger than `least` pixels.
  seen(view, least = 0) {
    const [west, north, east, south] = view.bounds;
    const { edges } = this;
    const size = least / view.scale;
    const found = [];
    for (let i = 0, k = 0; i < this.n; i++, k += 4) {
      if (edges[k] < east && edges[k + 2] > west && edges[k + 1] < south && edges[k + 3] > north
        && (edges[k + 2] - edges[k] >= size || edges[k + 3] - edges[k + 1] >= size)) found.push(i);
    }
    return found;
  }

  // Shapes whose box holds a place.
  at(x, y) {
    const { edges } = this;
    const found = [];
    for (let i = 0, k = 0; i < this.n; i++, k += 4) {
      if (edges[k] <= x && edges[k + 2] >= x && edges[k + 1] <= y && edges[k + 3] >= y) found.push(i);
    }
    return found;
  }

  // The box around all shapes that `isIn` takes; null without any.
  union(isIn) {
    let found = null;
    for (let i = 0; i < this.n; i++) {
      if (!isIn(i)) continue;
      const [w, n, e, s] = this.of(i);
      found = found ? [Math.min(found[0], w), Math.min(found[1], n), Math.max(found[2], e), Math.max(found[3], s)] : [w, n, e, s];
    }
    return found;
  }
}
