// The panel of what was clicked: a mine with its series, or a region with its mines.
import { chart } from "./chart.mjs";
import { element, find, save } from "./dom.mjs";
import { km2, number, percent, placeText } from "./numbers.mjs";
import { csv, elsewhere, geojson, queries, quoted } from "./rows.mjs";

const list = (facts) => element("dl", facts.flatMap(([name, value]) => [element("dt", name), element("dd", value)]));

export class Panel {
  // `about` has views, the names behind the series; pages, the address of each country's page by name; rings(i), an outline.
  constructor(mines, about) {
    Object.assign(this, { mines, about });
    this.box = find("chosen");
    this.asked = 0;
  }

  hide() {
    this.asked++;
    this.box.hidden = true;
    document.body.classList.remove("chosen");
  }

  show(title, kind, ...parts) {
    this.asked++;
    this.box.hidden = false;
    document.body.classList.add("chosen");
    this.box.querySelector("h2").textContent = title;
    find("kind").textContent = kind;
    find("facts").replaceChildren(...parts);
    find("charts").replaceChildren();
    find("panel").scrollTop = 0;
    return this.asked;
  }

  showRegion(layer, i, more) {
    const query = `FROM region_summary WHERE layer = ${quoted(layer.layer)} AND region_id = ${quoted(layer.data.ids[i])};`;
    this.show(layer.name(i), layer.title, list([...layer.facts(i), ...more]), sql(query));
  }

  // `series` and `overlaps` are promises: the page holds them packed until a mine is opened.
  async showMine(i, series, overlaps) {
    const { mines } = this;
    const id = mines.id(i);
    const country = mines.country(i) || "far from any country";
    const page = this.about.pages.get(country);
    const facts = list([
      ["Country", page ? element("a", country, { href: page }) : country],
      ["Area", km2(mines.data.area[i])],
      ["Place", placeText(mines.longitude(i), mines.latitude(i))],
      ...mines.facts(i),
    ]);
    const asked = this.show(mines.title(i), mines.name(i) ? `Mine ${id}` : "", facts);
    const [inside, known] = await Promise.all([overlaps, series]);
    if (asked !== this.asked) return; // the reader went on
    facts.append(...list(inside).childNodes);
    const table = known ? known.table(i) : null;
    find("charts").replaceChildren(...(table ? charts(table) : []), this.takeAway(i, table), links(mines, i));
  }

  takeAway(i, table) {
    const { mines } = this;
    const id = mines.id(i);
    const properties = { mine_id: id, name: mines.name(i) || null, country: mines.country(i) || null, area_km2: +mines.data.area[i].toPrecision(6) };
    const buttons = [button("Outline (GeoJSON)", () => save(`${id}.geojson`, geojson(properties, this.about.rings(i)), "application/geo+json"))];
    if (table && table.rows.length) buttons.unshift(button("Rows (CSV)", () => save(`${id}.csv`, csv(id, table), "text/csv")));
    const made = element("div", buttons, { class: "take" });
    return element("section", [made, sql(queries(id, table ? this.about.views : []))]);
  }
}

function button(text, click) {
  const made = element("button", text, { type: "button" });
  made.addEventListener("click", click);
  return made;
}

function sql(text) {
  return element("details", [
    element("summary", "The query behind it"),
    element("pre", element("code", text), { tabindex: "0" }),
    element("p", "Drawn outlines are simplified and series rounded; the query gives them whole.", { class: "note" }),
  ]);
}

function links(mines, i) {
  const found = elsewhere(mines.longitude(i), mines.latitude(i));
  const items = found.map(([name, address]) => element("li", element("a", name, { href: address, target: "_blank", rel: "noopener noreferrer" })));
  return element("details", [element("summary", "See this place elsewhere"), element("ul", items), element("p", "These leave this page and need a network.", { class: "note" })]);
}

// Series that belong together stand in one chart.
function charts({ kinds, rows }) {
  const groups = new Map();
  kinds.forEach((kind, k) => {
    const years = rows.filter(([year]) => kind.years.includes(year));
    const line = { name: kind.name, hue: kind.hue, isBelow: kind.is_below, values: years.map((row) => row[k + 1]) };
    const key = kind.group || kind.key;
    if (groups.has(key)) groups.get(key).lines.push(line);
    else groups.set(key, { caption: kind.title, years: kind.years, lines: [line], columns: Boolean(kind.group), form: formOf(kind) });
  });
  const made = [...groups.values()].map(chart);
  return made.length ? [...made, numbers(kinds, rows)] : [element("p", "No yearly series is known of this mine.", { class: "note" })];
}

const formOf = (kind) => (kind.unit === "share" ? percent : number);

function numbers(kinds, rows) {
  const head = element("tr", ["year", ...kinds.map((kind) => kind.name)].map((text) => element("th", text, { scope: "col" })));
  const lines = [...rows].reverse().map(([year, ...values]) => element("tr", [String(year), ...values.map((v, k) => formOf(kinds[k])(v))].map((text) => element("td", text))));
  const table = element("table", [element("thead", head), element("tbody", lines)]);
  const box = element("div", table, { class: "rows", tabindex: "0", role: "region", "aria-label": "Numbers by year" });
  return element("details", [element("summary", "Numbers"), box]);
}
