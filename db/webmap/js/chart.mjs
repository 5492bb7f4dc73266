// A small chart of series by year: lines, or columns up and down from zero.
import { drawing, element, swatch } from "./dom.mjs";

const WIDTH = 330, LEFT = 46, RIGHT = 10, TOP = 8, HEIGHT = 118, BOTTOM = HEIGHT - 18;

// `lines` are {name, values, hue, isBelow}; `form` writes a value.
export function chart({ caption, years, lines, form, columns = false }) {
  const signed = lines.map((line) => ({ ...line, values: line.values.map((v) => (line.isBelow && v ? -v : v)) }));
  const known = signed.flatMap(({ values }) => values.filter((v) => v !== null));
  const high = Math.max(...known, 0) || (Math.min(...known) < 0 ? 0 : 1), low = Math.min(...known, 0);
  const x = (year) => LEFT + ((year - years[0]) / Math.max(1, years.at(-1) - years[0])) * (WIDTH - LEFT - RIGHT);
  const y = (v) => BOTTOM - ((v - low) / (high - low)) * (BOTTOM - TOP);
  const svg = drawing("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": spoken(caption, years, lines, form) });
  for (const v of low < 0 ? [low, 0, high] : [0, high]) {
    svg.append(drawing("line", { x1: LEFT, x2: WIDTH - RIGHT, y1: y(v), y2: y(v), class: "rule" }));
    svg.append(drawing("text", { x: LEFT - 5, y: y(v) + 4, "text-anchor": "end" }, form(Math.abs(v))));
  }
  for (const year of new Set([years[0], years[Math.floor(years.length / 2)], years.at(-1)])) {
    svg.append(drawing("text", { x: Math.min(x(year), WIDTH - 16), y: HEIGHT - 3, "text-anchor": "middle" }, String(year)));
  }
  for (const line of signed) svg.append(...(columns ? bars(line, years, x, y) : path(line, years, x, y)));
  const figure = element("figure", element("figcaption", caption));
  if (lines.length > 1) figure.append(element("div", lines.map(({ name, hue }) => element("span", [swatch(hue), ` ${name}`])), { class: "keys" }));
  figure.append(svg);
  return figure;
}

// A line with gaps where a year is not known; a lone year is a dot.
function path({ values, hue }, years, x, y) {
  const runs = [];
  values.forEach((v, k) => {
    if (v === null) return;
    if (k === 0 || values[k - 1] === null) runs.push([]);
    runs.at(-1).push([x(years[k]), y(v)]);
  });
  return runs.map((run) => (run.length > 1
    ? drawing("polyline", { points: run.map((p) => p.map((v) => v.toFixed(1)).join()).join(" "), class: "line", style: `stroke:var(--${hue})` })
    : drawing("circle", { cx: run[0][0], cy: run[0][1], r: 2.5, style: `fill:var(--${hue})` })));
}

function bars({ values, hue }, years, x, y) {
  const thick = Math.max(1.5, ((WIDTH - LEFT - RIGHT) / years.length) * 0.8);
  return values.flatMap((v, k) => (v ? [drawing("rect", {
    x: x(years[k]) - thick / 2, width: thick, y: Math.min(y(v), y(0)), height: Math.max(0.8, Math.abs(y(v) - y(0))), style: `fill:var(--${hue})`,
  })] : []));
}

function spoken(caption, years, lines, form) {
  const ends = lines.map(({ name, values }) => {
    const last = values.findLastIndex((v) => v !== null);
    return last < 0 ? "" : `${name ? `${name} ` : ""}${form(values[last])} in ${years[last]}`;
  });
  return `${caption}: ${ends.filter(Boolean).join(", ")}`;
}
