import assert from "node:assert/strict";
import { env } from "node:process";
import { test } from "node:test";
import { number, parsePlace, percent, placeText } from "../../../db/webmap/js/numbers.mjs";

// The report's own numbers come in as [value, as a number, as percent] and must read the same here.
const given = JSON.parse(env.WORDS || "[]");

test("numbers read as in the report", { skip: given.length === 0 }, () => {
  for (const [value, asNumber, asPercent] of given) {
    assert.equal(number(value), asNumber, `number of ${value}`);
    assert.equal(percent(value), asPercent, `percent of ${value}`);
  }
});

test("what is not known is a dash", () => {
  for (const value of [null, undefined, NaN, Infinity]) assert.deepEqual([number(value), percent(value)], ["–", "–"]);
});

test("coordinates are read in the ways that people write them", () => {
  const wanted = { "-6.5, 20.25": [20.25, -6.5], "-6.5 20.25": [20.25, -6.5], "6.5 S, 20.25 E": [20.25, -6.5], "20.25E 6.5S": [20.25, -6.5],
    "6°30'S 20°15'E": [20.25, -6.5], "6° 30′ 0″ S, 20° 15′ E": [20.25, -6.5], "−6.5; 20.25": [20.25, -6.5], "0,0": [0, 0] };
  for (const [text, place] of Object.entries(wanted)) assert.deepEqual(parsePlace(text), place, text);
});

test("what is no place is none", () => {
  for (const text of ["", "Ghana", "12", "91, 0", "0, 181", "6 N, 7 N", "m12 34", "1,2,3"]) assert.equal(parsePlace(text), null, text);
});

test("a place that was written is read back", () => {
  const place = [-123.45678, -0.00012];
  assert.deepEqual(parsePlace(placeText(...place)), place);
});
