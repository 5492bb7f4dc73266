// Regions of one layer: protected areas, districts, biomes, grid cells; coloured by a value where they have one.
import { Boxes } from "../boxes.mjs";
import { trace } from "../drawing.mjs";
import { count, km2, percent } from "../numbers.mjs";
import { Shapes, contains } from "../shapes.mjs";
import { RAMP, translucent } from "../theme.mjs";

export class Areas {
  // `about` is the page's entry of the layer: key, title, hue, breaks; `data` its block.
  constructor(about, data) {
    Object.assign(this, about, { data });
    this.shapes = new Shapes(data, "area");
    this.boxes = new Boxes(data, "area");
  }

  name(i) { return this.data.names[i]; }

  draw(frame) {
    if (this.breaks) this.drawValues(frame);
    else this.drawPlain(frame);
  }

  path({ context, view }, members) {
    context.beginPath();
    for (const i of members) for (const ring of this.shapes.at(i, view.scale)) trace(context, view, ring);
  }

  drawPlain(frame) {
    const { context, colour } = frame;
    // One by one: overlapping areas would cancel each other out in one even-odd path.
    context.fillStyle = translucent(colour(this.hue), 0.22);
    context.strokeStyle = colour(this.hue);
    context.lineWidth = 1.2;
    for (const i of this.boxes.seen(frame.view, 1)) {
      this.path(frame, [i]);
      context.fill("evenodd");
      context.stroke();
    }
  }

  drawValues(frame) {
    const { context, view, colour } = frame;
    const members = this.boxes.seen(view, 1);
    for (const [k, inside] of grouped(members, (i) => this.classOf(i))) {
      this.path(frame, inside);
      if (k >= 0) {
        context.fillStyle = translucent(colour(RAMP[k]), 0.75);
        context.fill("evenodd");
      }
      context.strokeStyle = translucent(colour("muted"), 0.45);
      context.lineWidth = 0.7;
      context.stroke();
    }
  }

  // Position in the colours, by the value; -1 without any.
  classOf(i) {
    const value = this.data.value[i];
    if (!(value > 0)) return -1;
    return Math.min(RAMP.length - 1, this.breaks.filter((limit) => value >= limit).length);
  }

  pick(x, y) {
    const found = this.boxes.at(x, y).filter((i) => contains(this.shapes.get(i), x, y));
    return found.length ? found.sort((a, b) => this.data.area[a] - this.data.area[b]) : null;
  }

  hover(i) {
    const value = this.breaks && this.data.value[i] > 0 ? `, ${percent(this.data.value[i])} mine` : "";
    return `${this.title}: ${this.name(i)}${value}`;
  }

  facts(i) {
    const { data } = this;
    const facts = [["Layer", this.title], ["Area", km2(data.area[i])]];
    if (data.n_mines) facts.push(["Mines", count(data.n_mines[i], "mine")], ["Mine area", km2(data.mine_km2[i])]);
    if (data.n_mines && data.area[i]) facts.push(["Share that is mine", percent(data.mine_km2[i] / data.area[i])]);
    return facts;
  }

  legend() {
    if (!this.breaks) return []; // its colour stands beside its name
    const limits = this.breaks.map((limit) => percent(limit, 0));
    return RAMP.map((hue, k) => ({
      hue,
      name: k === 0 ? `below ${limits[0]}` : k === RAMP.length - 1 ? `${limits.at(-1)} and more` : `${limits[k - 1]} to ${limits[k]}`,
    }));
  }
}

function grouped(members, keyOf) {
  const groups = new Map();
  for (const i of members) {
    const key = keyOf(i);
    if (!groups.has(key)) groups.set(key, []);
    groups.get(key).push(i);
  }
  return groups;
}
