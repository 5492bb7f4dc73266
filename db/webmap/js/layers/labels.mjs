// Names of countries, places, regions and mines, as many as have room.
const PADDING = 3;

export class Labels {
  // `names` are {text, x, y, span, kind}: span is the width of the thing on the Mercator square, 0 for a point.
  constructor(names) {
    this.names = names;
  }

  draw({ context, view, colour }, more = []) {
    const taken = [];
    context.textAlign = "center";
    context.textBaseline = "middle";
    context.lineJoin = "round";
    for (const name of [...this.names, ...more]) this.drawName(context, view, colour, name, taken);
  }

  drawName(context, view, colour, { text, x, y, span, kind }, taken) {
    const [px, py] = view.pixel(x, y);
    if (px < -80 || py < -20 || px > view.width + 80 || py > view.height + 20) return;
    const isCountry = kind === "country";
    context.font = `${isCountry ? 600 : 400} ${isCountry ? 13 : 12}px system-ui, sans-serif`;
    const width = context.measureText(text).width;
    if (span && width > 1.15 * span * view.scale) return; // it would hide what it names
    const shift = span ? 0 : -12;
    const box = [px - width / 2 - PADDING, py + shift - 9, px + width / 2 + PADDING, py + shift + 9];
    if (taken.some((other) => box[0] < other[2] && box[2] > other[0] && box[1] < other[3] && box[3] > other[1])) return;
    taken.push(box);
    context.strokeStyle = colour("paper");
    context.lineWidth = 3.5;
    context.strokeText(text, px, py + shift);
    context.fillStyle = colour(isCountry ? "muted" : "ink");
    context.fillText(text, px, py + shift);
  }
}
