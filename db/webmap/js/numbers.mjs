// How the page writes numbers and places: the report's way (db/report/words.py), so that both say the same.
const DIGITS = 3;
const SMALLEST_SHARE = 0.0001;
const SPACE = "\u00a0";

function decimals(value) {
  if (value === 0 || Math.abs(value) >= 10 ** (DIGITS - 1)) return 0;
  return Math.min(DIGITS - 1 - Math.floor(Math.log10(Math.abs(value))), 9);
}

export function number(value) {
  if (value === null || value === undefined || !Number.isFinite(value)) return "–";
  const rounded = +value.toFixed(decimals(value));
  const text = rounded.toLocaleString("en-US", { maximumFractionDigits: decimals(rounded) });
  return (text === "-0" ? "0" : text).replace("-", "−");
}

// `smallest` is the least share that is written as it is; what is less reads as below it.
export function percent(share, smallest = SMALLEST_SHARE) {
  if (share === null || share === undefined || !Number.isFinite(share)) return "–";
  if (share !== 0 && Math.abs(share) < smallest) return `<${SPACE}0.01${SPACE}%`;
  const digits = Math.abs(share) < 0.01 ? 2 : 3;
  return `${number(+(100 * share).toPrecision(digits))}${SPACE}%`;
}

export const km2 = (value) => `${number(value)}${SPACE}km²`;

export const count = (n, one, many = `${one}s`) => `${number(n)}${SPACE}${n === 1 ? one : many}`;

// Degrees as people copy them: latitude first, five decimals (a metre).
export const placeText = (longitude, latitude) => `${+latitude.toFixed(5)}, ${+longitude.toFixed(5)}`;

const PART = String.raw`(-?\d+(?:\.\d+)?)\s*°?\s*(?:(\d+(?:\.\d+)?)\s*['′]\s*)?(?:(\d+(?:\.\d+)?)\s*["″]\s*)?([NSEW])?`;
const PAIR = new RegExp(String.raw`^\s*${PART}\s*[,;\s]\s*${PART}\s*$`, "i");

function degrees([whole, minutes, seconds, letter]) {
  const size = Math.abs(+whole) + (+minutes || 0) / 60 + (+seconds || 0) / 3600;
  return (whole.startsWith("-") ? -1 : 1) * (/[SW]/i.test(letter || "") ? -1 : 1) * size;
}

// [longitude, latitude] of "-6.5, 20.1", "6°30' S 20.1 E" or "20.1 E, 6.5 S"; null where the text is no place.
export function parsePlace(text) {
  const found = PAIR.exec(text.replace(/[−–]/g, "-"));
  if (!found) return null;
  const [first, second] = [found.slice(1, 5), found.slice(5, 9)];
  const isTurned = /[EW]/i.test(first[3] || "") || /[NS]/i.test(second[3] || "");
  if (isTurned && (/[NS]/i.test(first[3] || "") || /[EW]/i.test(second[3] || ""))) return null;
  const [latitude, longitude] = (isTurned ? [second, first] : [first, second]).map(degrees);
  return Math.abs(latitude) <= 90 && Math.abs(longitude) <= 180 ? [longitude, latitude] : null;
}
