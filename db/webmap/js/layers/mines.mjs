// Mines: dots when far, outlines when near, coloured by status, bare surface or nothing.
import { Dots, trace } from "../drawing.mjs";
import { contains } from "../shapes.mjs";
import { pixelWord, translucent } from "../theme.mjs";
import { Points, dotReach } from "./points.mjs";

export class MineLayer {
  constructor(mines) {
    this.mines = mines;
    this.points = new Points(mines.data, "mine", mines.data.longitude, mines.data.latitude, mines.data.reach);
    this.classes = new Uint8Array(mines.n).fill(1); // position in hues for each mine, 0 = hidden
    this.hues = [null, "c2"];
    this.shown = [];
    this.isHollow = false; // outlines alone, so that what lies below keeps its colour
    this.canvas = document.createElement("canvas");
  }

  draw(frame) {
    const { classes } = this;
    this.points.seen(frame.view, (i) => classes[i], this.shown);
    if (this.points.isNear(frame.view, this.shown)) this.drawOutlines(frame);
    else this.drawDots(frame);
  }

  drawOutlines({ context, view, colour }) {
    const groups = this.hues.map(() => []);
    for (const i of this.shown) groups[this.classes[i]].push(i);
    groups.forEach((members, k) => {
      if (!members.length) return;
      context.beginPath();
      for (const i of members) for (const ring of this.points.shapes.at(i, view.scale)) trace(context, view, ring);
      context.fillStyle = translucent(colour(this.hues[k]), 0.5);
      if (!this.isHollow) context.fill("evenodd");
      context.strokeStyle = colour(this.hues[k]);
      context.lineWidth = 1.6;
      context.stroke();
    });
  }

  // The largest mines are first in the page and lie on top.
  drawDots({ context, view, colour }) {
    const { x, y } = this.points;
    const dots = new Dots(view, dotReach(this.shown.length, view.density));
    const words = this.hues.map((hue) => (hue ? pixelWord(colour(hue)) : 0));
    for (let s = this.shown.length - 1; s >= 0; s--) {
      const i = this.shown[s];
      const word = words[this.classes[i]];
      dots.add(x[i], y[i], (pixels, from, to) => pixels.fill(word, from, to));
    }
    dots.show(this.canvas, context, view);
  }

  drawChosen({ context, view, colour }, i) {
    context.beginPath();
    if (this.points.isNear(view, this.shown)) for (const ring of this.points.shapes.get(i)) trace(context, view, ring, 0.4);
    else context.arc(...view.pixel(this.points.x[i], this.points.y[i]), 9, 0, 7);
    for (const [name, width] of [["paper", 5.5], ["ink", 2.4]]) {
      context.strokeStyle = colour(name);
      context.lineWidth = width;
      context.stroke();
    }
  }

  // The mine at a place: the smallest outline around it, else the nearest dot within reach; -1 without any.
  pick(view, px, py, reach = 14) {
    const [x, y] = view.place(px, py);
    const isNear = this.points.isNear(view, this.shown);
    let best = -1, least = reach / view.scale, inside = -1;
    for (const i of this.shown) {
      const distance = Math.hypot(this.points.x[i] - x, this.points.y[i] - y);
      if (isNear && distance < 3 * this.points.reach && contains(this.points.shapes.get(i), x, y)) inside = i; // later is smaller
      if (distance < least) [best, least] = [i, distance];
    }
    return inside >= 0 ? inside : best;
  }
}
