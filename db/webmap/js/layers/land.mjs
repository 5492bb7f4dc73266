// Countries: the ground below everything, and their names for the pointer.
import { trace } from "../drawing.mjs";
import { Shapes, contains } from "../shapes.mjs";
import { Boxes } from "../boxes.mjs";

export class Land {
  constructor(data) {
    this.shapes = new Shapes(data, "land");
    this.boxes = new Boxes(data, "land");
    this.country = data.land_country;
    this.names = data.countries;
    this.isBare = false; // a picture lies below: borders only
  }

  draw({ context, view, colour }) {
    context.beginPath();
    for (const i of this.boxes.seen(view, 0.5)) for (const ring of this.shapes.at(i, view.scale)) trace(context, view, ring);
    context.lineJoin = "round";
    if (this.isBare) {
      context.strokeStyle = "#fffc";
      context.lineWidth = 1.2;
    } else {
      context.fillStyle = colour("land");
      context.fill("evenodd");
      context.strokeStyle = colour("coast");
      context.lineWidth = 1;
    }
    context.stroke();
  }

  // Position of the country at a place; -1 at sea.
  countryAt(x, y) {
    const found = this.boxes.at(x, y).find((i) => contains(this.shapes.get(i), x, y));
    return found === undefined ? -1 : this.country[found];
  }

  boundsOf(country) { return this.boxes.union((i) => this.country[i] === country); }
}
