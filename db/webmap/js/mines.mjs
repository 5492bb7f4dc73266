// Everything that is asked of a mine, by its position in the arrays.
import { readRow } from "./block.mjs";
import { km2, percent } from "./numbers.mjs";
import { STEP } from "./shapes.mjs";
import { RAMP } from "./theme.mjs";

export class Mines {
  constructor(data) {
    this.data = data;
    this.n = data.n;
    this.names = new Map(data.names);
    this.positions = null;
  }

  id(i) {
    const size = this.data.id_length;
    return String.fromCharCode(...this.data.id.subarray(i * size, (i + 1) * size));
  }

  // Position of the mine with this id; -1 where there is none.
  find(id) {
    if (!this.positions) this.positions = new Map(Array.from({ length: this.n }, (_, i) => [this.id(i), i]));
    return this.positions.get(id) ?? -1;
  }

  name(i) { return this.names.get(i) || ""; }
  title(i) { return this.name(i) || `Mine ${this.id(i)}`; }
  country(i) { return this.data.countries[this.data.country[i]] || ""; }
  status(i) { return this.data.status ? this.data.statuses[this.data.status[i]] : ""; }
  commodity(i) { return this.data.commodity ? this.data.commodities[this.data.commodity[i]] : ""; }
  sources(i) { return this.data.source_set ? this.data.source_sets[this.data.source_set[i]] : []; }
  areaText(i) { return km2(this.data.area[i]); }
  longitude(i) { return this.data.longitude[i] * STEP; }
  latitude(i) { return this.data.latitude[i] * STEP; }

  // What the page says of a mine: pairs of a name and a text.
  facts(i) {
    const { data } = this;
    const facts = [];
    if (this.status(i)) facts.push(["Status", this.status(i) + this.why(i)]);
    if (data.protected && data.protected[i] > 0) facts.push([`Inside ${data.protected_kind}`, percent(data.protected[i])]);
    else if (data.protected) facts.push([`Inside ${data.protected_kind}`, "no part"]);
    if (this.commodity(i)) facts.push(["Commodity", this.commodity(i)]);
    if (this.sources(i).length) facts.push(["Mapped by", this.sources(i).join(", ")]);
    return facts;
  }

  // What decided the status, and how each indicator goes.
  why(i) {
    const { data } = this;
    const by = data.deciders[data.decided[i]];
    const trends = data.indicators.map((name, k) => [name, data.trends[data.trend[k * this.n + i]]]).filter(([, trend]) => trend);
    const listed = trends.map(([name, trend]) => `${name} ${trend}`).join(", ");
    if (!by) return listed ? ` (${listed})` : " (nothing to test)";
    return `, decided by ${by} (${listed})`;
  }
}

// Series of every mine by year, of the block "series".
export class Series {
  constructor(data, mines) {
    Object.assign(this, { data, mines, kinds: data.series });
    this.classes = new Map();
  }

  kind(key) { return this.kinds.findIndex((one) => one.key === key); }

  // Values of a mine by year; null where unknown. Areas in km², shares 0-1.
  values(k, i) {
    const { years, low, high, of_area: ofArea } = this.kinds[k];
    const row = readRow(this.data[`series_${k}`], i, years.length, low, high);
    return ofArea ? row.map((v) => v && v * this.mines.data.area[i]) : row;
  }

  // Bare share of all mines in a year as positions of colours: 0 where unknown.
  bareClasses(year) {
    if (!this.classes.size) this.readBare();
    return this.classes.get(year) || new Uint8Array(this.mines.n);
  }

  readBare() {
    const k = this.kind("bare");
    const { years } = this.kinds[k];
    for (const year of years) this.classes.set(year, new Uint8Array(this.mines.n));
    const columns = [...this.classes.values()];
    for (let i = 0; i < this.mines.n; i++) {
      this.values(k, i).forEach((v, at) => {
        if (v !== null) columns[at][i] = 1 + Math.min(RAMP.length - 1, Math.floor(v * RAMP.length));
      });
    }
  }

  // All that is known of a mine: heads and rows by year, for a table or a file.
  table(i) {
    const known = this.kinds.map((kind, k) => [kind, this.values(k, i)]).filter(([, values]) => values.some((v) => v !== null));
    const years = [...new Set(known.flatMap(([kind]) => kind.years))].sort((a, b) => a - b);
    const rows = years.map((year) => [year, ...known.map(([kind, values]) => values[kind.years.indexOf(year)] ?? null)]);
    return { heads: ["year", ...known.map(([kind]) => kind.column)], kinds: known.map(([kind]) => kind), rows };
  }
}
