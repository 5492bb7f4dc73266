// What a reader takes away of one mine: its rows as CSV, its outline as GeoJSON, and the queries behind them.
import { latitudeOf, longitudeOf } from "./mercator.mjs";

const exact = (value, digits) => (value === null ? "" : String(+value.toPrecision(digits)));

export function csv(id, { heads, kinds, rows }) {
  const lines = rows.map(([year, ...values]) => [id, year, ...values.map((v, k) => exact(v, kinds[k].digits))]);
  return [["mine_id", ...heads], ...lines].map((line) => `${line.join(",")}\n`).join("");
}

const degrees = (value) => +value.toFixed(6);

export function geojson(properties, rings) {
  const lines = rings.map((ring) => {
    const line = [];
    for (let k = 0; k < ring.length; k += 2) line.push([degrees(longitudeOf(ring[k])), degrees(latitudeOf(ring[k + 1]))]);
    return [...line, line[0]];
  });
  return JSON.stringify({ type: "Feature", properties, geometry: { type: "Polygon", coordinates: lines } });
}

export const quoted = (text) => `'${String(text).replaceAll("'", "''")}'`;

// The statements that give a mine's rows whole; `views` are those that the page's series come from.
export function queries(id, views) {
  const where = `WHERE mine_id = ${quoted(id)}`;
  return [`FROM mine ${where};`, ...views.map((view) => `FROM ${view} ${where} ORDER BY ALL;`)].join("\n");
}

// The same place in maps of others, opened when a reader asks for it.
export function elsewhere(longitude, latitude) {
  const [x, y] = [longitude.toFixed(5), latitude.toFixed(5)];
  return [
    ["Sentinel-2, Copernicus Browser", `https://browser.dataspace.copernicus.eu/?zoom=14&lat=${y}&lng=${x}`],
    ["Satellite view, Google Maps", `https://www.google.com/maps/@${y},${x},3000m/data=!3m1!1e3`],
    ["OpenStreetMap", `https://www.openstreetmap.org/#map=14/${y}/${x}`],
  ];
}
