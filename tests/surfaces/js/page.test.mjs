import assert from "node:assert/strict";
import { test } from "node:test";
import { scaleLength } from "../../../db/webmap/js/furniture.mjs";
import { Areas } from "../../../db/webmap/js/layers/areas.mjs";
import { tileAddress, tilesInView } from "../../../db/webmap/js/layers/tiles.mjs";
import { mercatorX, mercatorY, scaleOf } from "../../../db/webmap/js/mercator.mjs";
import { csv, elsewhere, geojson, queries } from "../../../db/webmap/js/rows.mjs";
import { Search } from "../../../db/webmap/js/search.mjs";
import { readState, writeState } from "../../../db/webmap/js/state.mjs";
import { View } from "../../../db/webmap/js/view.mjs";

test("an address holds the state, there and back", () => {
  const state = { x: mercatorX(-60.5), y: mercatorY(-10.25), scale: scaleOf(9.5), layers: ["mines", "region-key areas"], year: 2020, since: 2016,
    colour: "bare", country: "Côte d'Ivoire & more", mine: "m1" };
  const found = readState(writeState(state));
  for (const key of ["x", "y"]) assert.ok(Math.abs(found[key] - state[key]) < 1e-6);
  assert.deepEqual({ ...found, x: 0, y: 0, scale: Math.round(found.scale) }, { ...state, x: 0, y: 0, scale: Math.round(state.scale) });
});

test("an address that means nothing changes nothing", () => {
  for (const hash of ["", "#", "#map=a/b/c", "#map=1/95/0", "#map=1/2", "#year=19999", "#year=<b>", "#mine="]) assert.deepEqual(readState(hash), {}, hash);
});

test("zooming keeps the place under the pointer, and fits a box", () => {
  const view = new View();
  view.resize(800, 600, 2);
  view.look(0.3, 0.4, 5000);
  const before = view.place(100, 500);
  view.zoomAt(3, 100, 500);
  view.place(100, 500).forEach((v, k) => assert.ok(Math.abs(v - before[k]) < 1e-12));
  view.fit([0.2, 0.2, 0.4, 0.3]);
  const [left, top] = view.pixel(0.2, 0.2), [right, bottom] = view.pixel(0.4, 0.3);
  assert.ok(left >= 0 && top >= 0 && right <= 800 && bottom <= 600 && right - left > 600);
});

test("tiles cover the view, none twice, none outside the world", () => {
  const view = new View();
  view.resize(512, 512, 1);
  view.look(0.5, 0.5, scaleOf(1));
  assert.deepEqual(tilesInView(view, 1), [[0, 0], [1, 0], [0, 1], [1, 1]]);
  view.look(0, 0, scaleOf(4));
  assert.ok(tilesInView(view, 4).every(([x, y]) => x >= 0 && y >= 0 && x < 16 && y < 16));
  assert.equal(tileAddress("https://t.example/{z}/{x}/{y}.png", 3, 1, 2), "https://t.example/3/1/2.png");
});

test("search finds names, ids, codes and coordinates, the nearest match first", () => {
  const search = new Search([
    { kind: "country", text: "São Tomé", detail: "country", code: "STP" }, { kind: "mine", text: "Tomé pit", code: "m4k2", detail: "" },
    { kind: "mine", text: "m4k9", code: "m4k9", detail: "" },
  ]);
  assert.deepEqual(search.find("tome").map(({ text }) => text), ["Tomé pit", "São Tomé"]);
  assert.deepEqual(search.find("stp").map(({ text }) => text), ["São Tomé"]);
  assert.deepEqual(search.find("m4k").map(({ text }) => text), ["Tomé pit", "m4k9"]);
  assert.deepEqual(search.find("-6.5, 20")[0].place, [20, -6.5]);
  assert.deepEqual(search.find("  "), []);
});

test("rows are taken away whole, and names can't break out of a query", () => {
  const table = { heads: ["year", "bare_surface_share"], kinds: [{ digits: 4 }], rows: [[2000, null], [2001, 0.123456]] };
  assert.equal(csv("m1", table), "mine_id,year,bare_surface_share\nm1,2000,\nm1,2001,0.1235\n");
  assert.match(queries("m'1", ["mine_bare_surface"]), /FROM mine WHERE mine_id = 'm''1';\nFROM mine_bare_surface WHERE/);
  const ring = Float64Array.from([[0, 0], [1, 0], [1, 1]].flatMap(([x, y]) => [mercatorX(x), mercatorY(y)]));
  assert.deepEqual(JSON.parse(geojson({ mine_id: "m1" }, [ring])).geometry.coordinates, [[[0, 0], [1, 0], [1, 1], [0, 0]]]);
  for (const [, address] of elsewhere(20.5, -6.25)) assert.match(address, /^https:\/\/[a-z.]+\/.*-6\.25000/);
});

test("the scale is round and fits", () => {
  for (const metres of [0.02, 1, 37.5, 4000, 152874]) {
    const length = scaleLength(metres);
    assert.ok(length <= metres * 150 && length > metres * 59);
    assert.match(length.toExponential(), /^[125]e/);
  }
});

test("a value has the colour that the legend says", () => {
  const layer = { breaks: [0.1, 0.2, 0.3, 0.4, 0.5], data: { value: [0, 0.05, 0.1, 0.45, 0.9, NaN] } };
  const classes = layer.data.value.map((_, i) => Areas.prototype.classOf.call(layer, i));
  assert.deepEqual(classes, [-1, 0, 1, 4, 5, -1]);
  assert.deepEqual(Areas.prototype.legend.call(layer).map(({ name }) => name.replaceAll("\u00a0", " ")),
    ["below 10 %", "10 % to 20 %", "20 % to 30 %", "30 % to 40 %", "40 % to 50 %", "50 % and more"]);
});
