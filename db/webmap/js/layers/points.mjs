// Many small polygons: dots when far, outlines when near. Mines and footprints share it.
import { Shapes } from "../shapes.mjs";
import { STEP } from "../shapes.mjs";
import { mercatorX, mercatorY } from "../mercator.mjs";

const OUTLINE_SCALE = 60000; // pixels a unit from which outlines are worth drawing
const MOST_OUTLINES = 6000;
const MARGIN = 4; // pixels that a dot reaches out of its place

export class Points {
  // `prefix` names the sections; `reach` is how far a shape reaches from its place, in degrees.
  constructor(data, prefix, longitude, latitude, reach) {
    this.n = longitude.length;
    this.x = Float64Array.from(longitude, (v) => mercatorX(v * STEP));
    this.y = Float64Array.from(latitude, (v) => mercatorY(v * STEP));
    this.reach = reach / 360;
    this.shapes = new Shapes(data, prefix, longitude, latitude);
  }

  // Those in sight that `isShown` takes, into `found`.
  seen(view, isShown, found, from = 0, to = this.n) {
    const [west, north, east, south] = view.bounds;
    const margin = view.scale > OUTLINE_SCALE ? this.reach * 3 + MARGIN / view.scale : MARGIN / view.scale;
    const { x, y } = this;
    const [left, right, top, bottom] = [west - margin, east + margin, north - margin, south + margin];
    found.length = 0;
    for (let i = from; i < to; i++) {
      if (x[i] > left && x[i] < right && y[i] > top && y[i] < bottom && isShown(i)) found.push(i);
    }
    return found;
  }

  isNear(view, shown) { return view.scale > OUTLINE_SCALE && shown.length < MOST_OUTLINES; }
}

// Half the side of a dot, in device pixels.
export const dotReach = (n, density) => Math.max(1, Math.round((n > 20000 ? 1 : 2) * density));
