// What the address says: #map=ZOOM/LATITUDE/LONGITUDE&layers=...&year=...&mine=..., to share and to come back to.
import { latitudeOf, longitudeOf, mercatorX, mercatorY, scaleOf, zoomOf } from "./mercator.mjs";

const WORDS = ["colour", "country", "mine"];
const YEARS = ["year", "since"];

export function writeState({ x, y, scale, layers, ...rest }) {
  const digits = Math.max(2, Math.ceil(zoomOf(scale) / 3));
  const place = [zoomOf(scale).toFixed(2), latitudeOf(y).toFixed(digits), longitudeOf(x).toFixed(digits)].join("/");
  const parts = [`map=${place}`, `layers=${layers.map(encodeURIComponent).join(",")}`];
  for (const name of [...YEARS, ...WORDS]) {
    if (rest[name] !== undefined && rest[name] !== null && rest[name] !== "") parts.push(`${name}=${encodeURIComponent(rest[name])}`);
  }
  return `#${parts.join("&")}`;
}

// Only what is there and can be meant: an address is anybody's text.
export function readState(hash) {
  const found = {};
  const parts = new URLSearchParams(hash.replace(/^#/, ""));
  const place = (parts.get("map") || "").split("/").map(Number);
  if (place.length === 3 && place.every(Number.isFinite) && Math.abs(place[1]) <= 90 && Math.abs(place[2]) <= 180) {
    Object.assign(found, { scale: scaleOf(place[0]), x: mercatorX(place[2]), y: mercatorY(place[1]) });
  }
  if (parts.has("layers")) found.layers = parts.get("layers").split(",").filter(Boolean);
  for (const name of YEARS) if (/^\d{4}$/.test(parts.get(name) || "")) found[name] = +parts.get(name);
  for (const name of WORDS) if (parts.get(name)) found[name] = parts.get(name);
  return found;
}
