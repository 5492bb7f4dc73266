// Finds mines by name or id, countries and regions by name, and places by coordinates.
import { parsePlace, placeText } from "./numbers.mjs";

const MOST = 8;
const folded = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();

export class Search {
  // `entries` are {kind, text, detail, go}; kinds that come first win where two fit alike.
  constructor(entries) {
    this.entries = entries.map((entry) => ({ ...entry, key: folded(entry.text), code: entry.code ? folded(entry.code) : "" }));
  }

  // The best matches: whole names, then beginnings, then beginnings of words, then any part.
  find(text) {
    const wanted = folded(text.trim());
    if (!wanted) return [];
    const place = parsePlace(text);
    const found = place ? [{ kind: "place", text: placeText(...place), detail: "coordinates", place }] : [];
    const ranked = [[], [], [], []];
    for (const entry of this.entries) {
      const rank = rankOf(entry, wanted);
      if (rank >= 0 && ranked[rank].length < MOST) ranked[rank].push(entry);
    }
    return [...found, ...ranked.flat()].slice(0, MOST);
  }
}

function rankOf({ key, code }, wanted) {
  if (key === wanted || code === wanted) return 0;
  if (key.startsWith(wanted) || (code && code.startsWith(wanted))) return 1;
  if (key.includes(` ${wanted}`)) return 2;
  return wanted.length > 2 && key.includes(wanted) ? 3 : -1;
}
