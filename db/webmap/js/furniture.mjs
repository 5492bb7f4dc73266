// What stands on the map besides the map: the scale, and the name of what lies under the pointer.
import { find } from "./dom.mjs";
import { metresPerPixel } from "./mercator.mjs";

const LONGEST = 150; // so that the shortest bar, two fifths of it, still holds its label

// The longest round length that fits, in metres.
export function scaleLength(metres, longest = LONGEST) {
  const most = metres * longest;
  const power = 10 ** Math.floor(Math.log10(most));
  return [5, 2, 1].map((m) => m * power).find((m) => m <= most) || power;
}

// A bar of a round length, true at the middle of the view.
export function drawScale(view) {
  const metres = metresPerPixel(view.y, view.scale);
  const length = scaleLength(metres);
  const bar = find("scale").firstElementChild;
  bar.style.width = `${length / metres}px`;
  bar.textContent = length >= 1000 ? `${(length / 1000).toLocaleString("en-US")} km` : `${length} m`;
}

export function showTip(lines, px, py, view) {
  const tip = find("tip");
  tip.hidden = !lines.length;
  if (!lines.length) return;
  tip.textContent = lines.join("\n");
  const isRight = px > view.width - 240, isLow = py > view.height - 90;
  Object.assign(tip.style, {
    left: isRight ? "auto" : `${px + 14}px`, right: isRight ? `${view.width - px + 14}px` : "auto",
    top: isLow ? "auto" : `${py + 14}px`, bottom: isLow ? `${view.height - py + 14}px` : "auto",
  });
}
