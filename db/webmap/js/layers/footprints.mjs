// Footprints of one year; or what is new, gone and still there since another year.
import { Dots, freshCanvas, overlay, trace } from "../drawing.mjs";
import { contains } from "../shapes.mjs";
import { pixelWord, translucent } from "../theme.mjs";
import { Points, dotReach } from "./points.mjs";

export const HUES = { now: "c4", stayed: "c4", new: "d7", gone: "d1" };
const NOW = 1, BEFORE = 2;

export class Footprints {
  constructor(data, sites = null) {
    Object.assign(this, { data, sites, years: data.years });
    this.points = new Points(data, "footprint", data.longitude, data.latitude, data.reach);
    this.first = data.first; // position of each year's first footprint, and the end
    this.now = [];
    this.before = [];
    this.canvas = document.createElement("canvas");
    this.mask = document.createElement("canvas");
  }

  has(year) { return this.years.includes(year); }

  seen(view, year, found) {
    const k = this.years.indexOf(year);
    if (k < 0) found.length = 0;
    else this.points.seen(view, () => true, found, this.first[k], this.first[k + 1]);
    return found;
  }

  draw(frame) {
    const { view, year, since } = frame;
    this.seen(view, year, this.now);
    const compares = since !== null && since !== year && this.has(year);
    this.seen(view, compares ? since : null, this.before);
    const isNear = this.points.isNear(view, [...this.now, ...this.before]);
    const context = freshCanvas(this.canvas, view);
    if (!isNear) this.drawDots(context, frame, compares);
    else if (compares) this.drawChange(context, frame);
    else this.fill(context, frame, this.now, HUES.now);
    if (compares && this.sites) this.sites.cutUnseen(context, frame, this.mask);
    overlay(frame.context, this.canvas, view);
    if (isNear) this.outline(frame, this.now, HUES.now);
  }

  path(context, view, members) {
    context.beginPath();
    for (const i of members) for (const ring of this.points.shapes.at(i, view.scale)) trace(context, view, ring);
  }

  fill(context, { view, colour }, members, hue) {
    this.path(context, view, members);
    context.fillStyle = translucent(colour(hue), 0.55);
    context.fill("evenodd");
  }

  outline({ context, view, colour }, members, hue) {
    this.path(context, view, members);
    context.strokeStyle = colour(hue);
    context.lineWidth = 1.2;
    context.stroke();
  }

  // Set operations on pixels: what both years cover, what one covers alone.
  drawChange(context, { view, colour }) {
    this.path(context, view, this.before);
    context.fillStyle = colour(HUES.gone);
    context.fill("evenodd");
    this.path(context, view, this.now);
    for (const [operation, hue] of [["source-atop", HUES.stayed], ["destination-over", HUES.new]]) {
      context.globalCompositeOperation = operation;
      context.fillStyle = colour(hue);
      context.fill("evenodd");
    }
    context.globalCompositeOperation = "destination-in";
    context.fillStyle = "#000a";
    context.fillRect(0, 0, view.width, view.height);
    context.globalCompositeOperation = "source-over";
  }

  // Far away the same with dots: a pixel knows of both years.
  drawDots(context, { view, colour }, compares) {
    const { x, y } = this.points;
    const dots = new Dots(view, dotReach(this.now.length + this.before.length, view.density));
    for (const [members, bit] of [[this.before, BEFORE], [this.now, NOW]]) {
      for (const i of members) dots.add(x[i], y[i], (pixels, from, to) => { for (let k = from; k < to; k++) pixels[k] |= bit; });
    }
    const hues = compares ? [HUES.new, HUES.gone, HUES.stayed] : [HUES.now, HUES.now, HUES.now];
    const words = [0, ...hues.map((hue) => pixelWord(colour(hue)))];
    for (let k = 0; k < dots.pixels.length; k++) if (dots.pixels[k]) dots.pixels[k] = words[dots.pixels[k]];
    dots.show(this.mask, context, view);
  }

  // Position of the footprint of the year at a place; -1 without any.
  pick(view, x, y) {
    if (!this.points.isNear(view, this.now)) return -1;
    const found = this.now.find((i) => contains(this.points.shapes.get(i), x, y));
    return found === undefined ? -1 : found;
  }

  legend(since, year) {
    if (since === null || since === year || !this.has(year)) return [{ hue: HUES.now, name: `footprint in ${year}` }];
    return [
      { hue: HUES.new, name: `in ${year}, not in ${since}` },
      { hue: HUES.stayed, name: "in both" },
      { hue: HUES.gone, name: `in ${since}, not in ${year}` },
    ];
  }
}
