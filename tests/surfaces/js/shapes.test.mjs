import assert from "node:assert/strict";
import { env } from "node:process";
import { test } from "node:test";
import { Boxes } from "../../../db/webmap/js/boxes.mjs";
import { readRow, unpack } from "../../../db/webmap/js/block.mjs";
import { latitudeOf, longitudeOf, mercatorX, mercatorY } from "../../../db/webmap/js/mercator.mjs";
import { Shapes, boundsOf, contains, thinned } from "../../../db/webmap/js/shapes.mjs";
import { View } from "../../../db/webmap/js/view.mjs";

// A block that db/webmap/encode.py packed: two shapes, the second with a hole, and rows of numbers.
const packed = env.BLOCK;
const close = (a, b, most = 1e-9) => assert.ok(Math.abs(a - b) < most, `${a} is not ${b}`);

test("Mercator is that of web maps, there and back", () => {
  close(mercatorX(-180), 0);
  close(mercatorY(85.0511287798), 0);
  close(mercatorY(-85.0511287798), 1);
  for (const [longitude, latitude] of [[-60.25, -10.5], [0, 0], [179.9, 71.3]]) {
    close(longitudeOf(mercatorX(longitude)), longitude);
    close(latitudeOf(mercatorY(latitude)), latitude);
  }
});

test("shapes that Python packed are decoded", { skip: !packed }, async () => {
  const data = await unpack(packed);
  const shapes = new Shapes(data, "mine", data.longitude, data.latitude);
  for (let i = 0; i < shapes.length; i++) {
    const rings = shapes.get(i).map((ring) => Array.from({ length: ring.length / 2 }, (_, k) => [longitudeOf(ring[2 * k]), latitudeOf(ring[2 * k + 1])]));
    assert.equal(rings.length, data.wanted[i].length);
    rings.forEach((ring, r) => ring.forEach((place, k) => place.forEach((v, axis) => close(v, data.wanted[i][r][k][axis], 6e-6))));
  }
  const hole = shapes.get(1);
  const at = (longitude, latitude) => contains(hole, mercatorX(longitude), mercatorY(latitude));
  assert.deepEqual([at(0.001, 0.001), at(0.0035, 0.003), at(0.02, 0.02)], [true, false, false]);
});

test("rows of numbers come back, and what is not known", { skip: !packed }, async () => {
  const data = await unpack(packed);
  data.rows.forEach((row, i) => readRow(data.series, i, row.length, data.low, data.high).forEach((value, k) => {
    if (row[k] === null) assert.equal(value, null);
    else close(value, row[k], (data.high - data.low) / 65534);
  }));
});

test("thinning keeps a ring that can be seen, within its step", () => {
  const ring = Float64Array.from({ length: 2000 }, (_, k) => 0.5 + 0.1 * (k % 2 ? Math.sin : Math.cos)((2 * Math.PI * Math.floor(k / 2)) / 1000));
  const few = thinned(ring, 0.01);
  assert.ok(few.length < ring.length / 10 && few.length > 20);
  boundsOf([few]).forEach((edge, k) => close(edge, boundsOf([ring])[k], 0.011));
  assert.equal(thinned(ring.slice(0, 6), 1).length, 6);
});

test("boxes in sight are found, and those under a place", () => {
  const boxes = new Boxes({ land_bounds: Int32Array.from([0, 0, 1e6, 1e6, 5e6, 0, 6e6, 1e6]) }, "land"); // 0-10 and 50-60 degrees
  const view = new View();
  view.resize(800, 600, 1);
  view.look(mercatorX(5), mercatorY(5), 10000);
  assert.deepEqual(boxes.seen(view), [0]);
  assert.deepEqual(boxes.seen(view, 1e6), []);
  assert.deepEqual(boxes.at(mercatorX(55), mercatorY(5)), [1]);
  assert.deepEqual(boxes.union(() => true).map((v) => +longitudeOf(v).toFixed(6))[2], 60);
  assert.equal(boxes.union(() => false), null);
});
