// Puts the layers on the canvas, from the ground up. What lies below the mines is kept as a picture, which moves with
// the reader while it is slow to draw.
import { freshCanvas, overlay, toPixels } from "./drawing.mjs";
import { readTheme } from "./theme.mjs";

const SLOW_MS = 25;

export class Painter {
  constructor(canvas, view) {
    Object.assign(this, { canvas, view });
    this.context = canvas.getContext("2d");
    this.ground = document.createElement("canvas");
    this.groundView = null;
    this.groundMilliseconds = 0;
    this.milliseconds = 0;
    this.renewTheme();
  }

  renewTheme() {
    this.colour = readTheme();
    this.groundView = null;
  }

  // `ground` and `things` are layers with draw(frame); `isMoving` says that another frame follows soon.
  draw({ ground, things, year, since, isMoving }) {
    const began = performance.now();
    const { context, view, colour } = this;
    const frame = { context, view, colour, year, since };
    this.size();
    toPixels(context, view);
    context.fillStyle = colour("sea");
    context.fillRect(0, 0, view.width, view.height);
    this.drawGround(frame, ground, isMoving);
    for (const layer of things) layer.draw(frame);
    this.milliseconds = performance.now() - began;
  }

  size() {
    const { canvas, view } = this;
    const width = Math.round(view.width * view.density), height = Math.round(view.height * view.density);
    if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
  }

  drawGround(frame, layers, isMoving) {
    const { context, view, groundView } = this;
    if (isMoving && groundView && this.groundMilliseconds > SLOW_MS) {
      const factor = view.scale / groundView.scale;
      const [left, top] = view.pixel(...groundView.corner);
      context.drawImage(this.ground, left, top, groundView.width * factor, groundView.height * factor);
      return;
    }
    const began = performance.now();
    const below = { ...frame, context: freshCanvas(this.ground, view) };
    for (const layer of layers) layer.draw(below);
    this.groundView = { corner: view.place(0, 0), scale: view.scale, width: view.width, height: view.height };
    this.groundMilliseconds = performance.now() - began;
    overlay(context, this.ground, view);
  }
}
