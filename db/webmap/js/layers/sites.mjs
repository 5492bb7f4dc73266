// Squares around mines that nobody could look into in a year, by what kept them from it.
import { Boxes } from "../boxes.mjs";
import { freshCanvas, hatch, overlay } from "../drawing.mjs";

const DONE = 0; // position of "done" among the states; 255: no such site in that year
const HUES = ["", "c8", "c2", "c5", "c7"];

export class Sites {
  constructor(data) {
    Object.assign(this, { data, states: data.states, years: data.years });
    this.boxes = new Boxes(data, "site");
  }

  state(i, year) {
    const k = this.years.indexOf(year);
    return k < 0 ? 255 : this.data.state[k * this.boxes.n + i];
  }

  isUnseen(i, year) {
    const state = this.state(i, year);
    return state !== DONE && state !== 255;
  }

  hue(state) { return HUES[1 + ((state - 1) % (HUES.length - 1))]; }

  draw({ context, view, colour, year }) {
    context.lineWidth = 1.3;
    for (const i of this.boxes.seen(view)) {
      if (!this.isUnseen(i, year)) continue;
      const hue = colour(this.hue(this.state(i, year)));
      const [left, top, width, height] = square(view, this.boxes.of(i));
      context.fillStyle = hatch(context, hue);
      context.strokeStyle = hue;
      context.fillRect(left, top, width, height);
      context.strokeRect(left, top, width, height);
    }
  }

  // Takes ground out of a picture of change that was not seen in one of its two years: nothing is new or gone there.
  cutUnseen(context, { view, year, since }, canvas) {
    if (this.data.whole_years.includes(year) && this.data.whole_years.includes(since)) return;
    const mask = freshCanvas(canvas, view);
    const there = this.boxes.seen(view);
    const unseen = there.filter((i) => this.isUnseen(i, year) || this.isUnseen(i, since));
    for (const i of unseen) mask.fillRect(...square(view, this.boxes.of(i)));
    const hidden = new Set(unseen);
    mask.globalCompositeOperation = "destination-out";
    for (const i of there) if (!hidden.has(i) && this.state(i, year) === DONE) mask.fillRect(...square(view, this.boxes.of(i)));
    context.globalCompositeOperation = "destination-out";
    overlay(context, canvas, view);
    context.globalCompositeOperation = "source-over";
  }

  // The state of the site around a place, in words; null where all was seen.
  pick(x, y, year) {
    const found = this.boxes.at(x, y).find((i) => this.isUnseen(i, year));
    return found === undefined ? null : this.states[this.state(found, year)];
  }

  legend(year) {
    const k = this.years.indexOf(year);
    const there = new Set(k < 0 ? [] : this.data.state.subarray(k * this.boxes.n, (k + 1) * this.boxes.n));
    return this.states.map((name, state) => ({ hue: this.hue(state), name, state })).filter(({ state }) => state !== DONE && there.has(state));
  }
}

function square(view, [west, north, east, south]) {
  const [left, top] = view.pixel(west, north);
  return [left, top, Math.max(3, (east - west) * view.scale), Math.max(3, (south - north) * view.scale)];
}
