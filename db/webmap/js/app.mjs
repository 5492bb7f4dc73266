// The map as a whole: which layers are on, what is chosen, and what the reader's steps change.
import { choices, showLargest, showLayers, showLegend, tick } from "./controls.mjs";
import { find } from "./dom.mjs";
import { drawScale, showTip } from "./furniture.mjs";
import { Areas } from "./layers/areas.mjs";
import { Footprints } from "./layers/footprints.mjs";
import { Labels } from "./layers/labels.mjs";
import { Land } from "./layers/land.mjs";
import { MineLayer } from "./layers/mines.mjs";
import { Sites } from "./layers/sites.mjs";
import { Tiles } from "./layers/tiles.mjs";
import { mercatorX, mercatorY, scaleOf } from "./mercator.mjs";
import { Series } from "./mines.mjs";
import { count, number, percent } from "./numbers.mjs";
import { Painter } from "./painter.mjs";
import { Panel } from "./panel.mjs";
import { Search } from "./search.mjs";
import { boundsOf } from "./shapes.mjs";
import { writeState } from "./state.mjs";
import { RAMP } from "./theme.mjs";
import { Years } from "./years.mjs";

const SETTLE_MS = 140;
const PLACE_ZOOM = 11;
const WHERE_ZOOM = 5;
const NEARLY_ALL = 0.9995; // from which a share reads 100 %
const NAMED_MINES = 150; // so many in sight are named at most

export class App {
  constructor(blocks, mines, view, canvas) {
    const { data } = mines;
    Object.assign(this, { blocks, mines, view, data, chosen: -1, hidden: new Set(), country: "", since: null });
    this.painter = new Painter(canvas, view);
    this.land = new Land(data);
    this.mineLayer = new MineLayer(mines);
    this.labels = new Labels(this.countryNames());
    this.tiles = data.basemap ? new Tiles(data.basemap, () => this.redraw()) : null;
    this.land.isBare = Boolean(this.tiles);
    this.loaded = new Map(); // layers by key, once they are unpacked
    this.on = new Set(["mines"]);
    this.colours = this.coloursThatHaveData();
    this.colour = this.colours[0][0];
    this.years = new Years((year) => this.setYear(year));
    this.year = data.newest_year;
    this.series = null;
    this.panel = new Panel(mines, { views: data.series_views, pages: new Map(Object.entries(data.pages)), rings: (i) => this.mineLayer.points.shapes.get(i) });
  }

  // Unpacked when first asked for: a page opens before all of it is read.
  async layer(key) {
    if (!this.loaded.has(key)) {
      const about = this.data.layers.find((one) => one.key === key);
      const data = await this.blocks.get(key);
      const sites = key === "footprints" && this.data.layers.some((one) => one.key === "sites") ? await this.layer("sites") : null;
      const made = { areas: () => new Areas(about, data), footprints: () => new Footprints(data, sites), sites: () => new Sites(data) };
      if (!this.loaded.has(key)) this.loaded.set(key, made[about.kind]());
    }
    return this.loaded.get(key);
  }

  async allSeries() {
    if (!this.data.has_series) return null;
    if (!this.series) this.series = new Series(await this.blocks.get("series"), this.mines);
    return this.series;
  }

  coloursThatHaveData() {
    const { data } = this;
    return [["status", "Status", data.status], ["bare", "Bare surface by year", data.bare_years], ["plain", "One colour", true]].filter(([, , there]) => there);
  }

  get keys() { return ["mines", "names", ...this.data.layers.map(({ key }) => key)]; }

  // Layers that are on, in the order of drawing.
  get areas() { return this.data.layers.filter(({ key, kind }) => kind === "areas" && this.on.has(key)).map(({ key }) => this.loaded.get(key)).filter(Boolean); }
  get footprints() { return this.on.has("footprints") ? this.loaded.get("footprints") : null; }
  get sites() { return this.on.has("sites") ? this.loaded.get("sites") : null; }

  redraw() {
    if (this.isWaiting) return;
    this.isWaiting = true;
    requestAnimationFrame(() => {
      this.isWaiting = false;
      this.draw(true);
      clearTimeout(this.settling);
      this.settling = setTimeout(() => this.settle(), SETTLE_MS);
    });
  }

  draw(isMoving) {
    const things = [this.on.has("mines") ? this.mineLayer : null, this.footprints, this.sites].filter(Boolean);
    this.mineLayer.isHollow = Boolean(this.footprints); // their colours would no longer be those of the legend
    this.painter.draw({
      ground: [this.tiles, this.land, ...this.areas].filter(Boolean),
      things: [...things, { draw: (frame) => this.drawOver(frame, isMoving) }],
      year: this.year, since: this.since, isMoving,
    });
    drawScale(this.view);
  }

  drawOver(frame) {
    if (this.chosen >= 0) this.mineLayer.drawChosen(frame, this.chosen);
    if (this.on.has("names")) this.labels.draw(frame, this.mineNames(frame.view));
  }

  settle() {
    this.draw(false);
    const shown = this.on.has("mines") ? this.mineLayer.shown : [];
    find("count").textContent = `${number(shown.length)} of ${count(this.mines.n, "mine")} in sight`;
    showLargest(this.mines, shown, (i) => this.choose(i, true));
    this.sayWhere();
    history.replaceState(null, "", this.address());
  }

  // The country in the middle of the view, where its own name may be out of sight.
  sayWhere() {
    const { view, data } = this;
    const country = this.land.countryAt(view.x, view.y);
    find("where").textContent = country >= 0 && view.zoom > WHERE_ZOOM ? data.countries[country] : "";
  }

  address() {
    const { view } = this;
    return writeState({
      x: view.x, y: view.y, scale: view.scale, layers: this.keys.filter((key) => this.on.has(key)),
      year: this.years.years.length ? this.year : null, since: this.since, colour: this.colour,
      country: this.country === "" ? "" : this.data.countries[this.country],
      mine: this.chosen >= 0 ? this.mines.id(this.chosen) : "",
    });
  }

  // Takes over what an address says; what it names and the page lacks is left out.
  async apply(state) {
    if (state.layers) await this.setLayers(state.layers);
    if (state.year) this.year = state.year;
    this.since = this.footprintYears().includes(state.since) ? state.since : null;
    const country = this.data.countries.indexOf(state.country);
    this.country = country < 0 ? "" : country;
    find("country").value = this.country;
    find("since").value = this.since ?? "";
    if (this.colours.some(([name]) => name === state.colour)) this.colour = state.colour;
    find("colour").value = this.colour;
    await this.renew();
    const mine = state.mine ? this.mines.find(state.mine) : -1;
    if (state.scale) this.view.look(state.x, state.y, state.scale);
    else if (mine >= 0) this.view.fit(this.mineBounds(mine), 3);
    else if (this.country !== "") this.goToCountry(this.country);
    else this.home();
    this.choose(mine);
  }

  async setLayers(keys) {
    for (const key of this.keys) await this.setLayer(key, keys.includes(key));
  }

  async setLayer(key, isOn) {
    if (isOn) this.on.add(key);
    else this.on.delete(key);
    tick(key, isOn);
    if (isOn && this.data.layers.some((one) => one.key === key)) await this.layer(key);
    this.painter.groundView = null;
  }

  async toggle(key, isOn) {
    await this.setLayer(key, isOn);
    await this.renew();
  }

  // After any choice: years, colours, legends, picture.
  async renew() {
    this.year = this.years.offer(this.shownYears(), this.year);
    find("since-row").hidden = !this.on.has("footprints") || this.footprintYears().length < 2;
    await this.classify();
    this.showLegends();
    this.redraw();
  }

  footprintYears() { return this.data.footprint_years || []; }

  shownYears() {
    const found = new Set();
    if (this.on.has("footprints") || this.on.has("sites")) this.footprintYears().forEach((year) => found.add(year));
    if (this.on.has("mines") && this.colour === "bare") this.data.bare_years.forEach((year) => found.add(year));
    return [...found].sort((a, b) => a - b);
  }

  setYear(year) {
    this.year = year;
    return this.renew();
  }

  // The colour of each mine, by the choice of colour; mines of other countries are hidden.
  async classify() {
    const { mines, data, mineLayer } = this;
    const classes = await this.mineClasses();
    const entries = this.mineLegend();
    mineLayer.hues = [null, ...entries.map(({ hue }) => hue)];
    this.nOfClass = new Uint32Array(entries.length);
    for (let i = 0; i < mines.n; i++) {
      const k = classes ? classes[i] : 0;
      this.nOfClass[k]++;
      mineLayer.classes[i] = this.hidden.has(k) || (this.country !== "" && data.country[i] !== this.country) ? 0 : k + 1;
    }
  }

  async mineClasses() {
    if (this.colour === "status") return this.data.status;
    return this.colour === "bare" ? (await this.allSeries()).bareClasses(this.year) : null;
  }

  mineLegend() {
    if (this.colour === "status") return [{ hue: "c8", name: "no data" }, ...this.data.statuses.slice(1).map((name) => ({ hue: name, name }))];
    if (this.colour === "bare") return [{ hue: "c8", name: "no data" }, ...RAMP.map((hue, k) => ({ hue, name: `${percent(k / 6)} to ${percent((k + 1) / 6)}` }))];
    return [{ hue: "c2", name: "mine" }];
  }

  showLegends() {
    const mines = this.on.has("mines") ? this.mineLegend() : [];
    const toggled = (k, isOn) => {
      this.hidden[isOn ? "delete" : "add"](k);
      this.renew();
    };
    showLegend("mines", mines.map((entry, k) => ({ ...entry, isAbsent: !this.nOfClass[k] })), this.hidden, mines.length > 1 ? toggled : null);
    for (const layer of this.data.layers) {
      const made = this.on.has(layer.key) ? this.loaded.get(layer.key) : null;
      const legend = { areas: () => made.legend(), footprints: () => made.legend(this.since, this.year), sites: () => made.legend(this.year) };
      showLegend(layer.key, made ? legend[layer.kind]() : []);
    }
    find("since-note").hidden = !(this.since && this.footprints);
  }

  choose(i, flies = false) {
    this.chosen = i;
    if (i < 0) this.panel.hide();
    else this.panel.showMine(i, this.allSeries(), this.insideOf(i));
    if (i >= 0 && flies) this.view.fit(this.mineBounds(i), 3);
    this.redraw();
  }

  mineBounds(i) { return boundsOf(this.mineLayer.points.shapes.get(i)); }

  // The regions of each layer that a mine shares area with.
  async insideOf(i) {
    const facts = [];
    for (const { key, kind, has_overlaps: known, title } of this.data.layers) {
      if (kind !== "areas" || !known) continue;
      const { data } = await this.layer(key);
      const found = [];
      for (let k = data.overlap_start[i]; k < data.overlap_start[i + 1]; k++) {
        const share = data.overlap_share[k];
        found.push(data.names[data.overlap_area[k]] + (share > NEARLY_ALL ? "" : ` (${percent(share)})`));
      }
      if (found.length) facts.push([title, found.join(", ")]);
    }
    return facts;
  }

  pick(px, py, reach) {
    const mine = this.on.has("mines") ? this.mineLayer.pick(this.view, px, py, reach) : -1;
    if (mine >= 0) {
      this.choose(mine);
      return;
    }
    this.choose(-1);
    const [x, y] = this.view.place(px, py);
    for (const layer of [...this.areas].reverse()) {
      const found = layer.pick(x, y);
      if (found) {
        this.panel.showRegion(layer, found[0], []);
        return;
      }
    }
  }

  hover(px, py) {
    const lines = px < 0 ? [] : this.under(px, py);
    showTip(lines, px, py, this.view);
    find("map").classList.toggle("over", this.isOverMine);
  }

  // What lies under the pointer, from the top down.
  under(px, py) {
    const { mines, view } = this;
    const [x, y] = view.place(px, py);
    const lines = [];
    const mine = this.on.has("mines") ? this.mineLayer.pick(view, px, py, 8) : -1;
    this.isOverMine = mine >= 0;
    if (mine >= 0) lines.push([mines.title(mine), mines.areaText(mine), mines.status(mine)].filter(Boolean).join(", "));
    const unseen = this.sites ? this.sites.pick(x, y, this.year) : null;
    if (unseen) lines.push(`Site in ${this.year}: ${unseen}`);
    if (this.footprints && this.footprints.pick(view, x, y) >= 0) lines.push(`Footprint of ${this.year}`);
    for (const layer of [...this.areas].reverse()) {
      const found = layer.pick(x, y);
      if (found) lines.push(layer.hover(found[0]));
    }
    const country = this.land.countryAt(x, y);
    if (country >= 0) lines.push(this.data.countries[country]);
    return lines;
  }

  home() {
    let [west, north, east, south] = [1, 1, 0, 0];
    const { x, y } = this.mineLayer.points;
    for (let i = 0; i < this.mines.n; i++) {
      if (!this.mineLayer.classes[i]) continue;
      west = Math.min(west, x[i]);
      east = Math.max(east, x[i]);
      north = Math.min(north, y[i]);
      south = Math.max(south, y[i]);
    }
    this.view.fit(east < west ? [0, 0, 1, 1] : [west, north, east, south]);
  }

  goToCountry(country) {
    const bounds = this.land.boundsOf(country);
    if (bounds) this.view.fit(bounds, 1.15);
  }

  async setCountry(value) {
    this.country = value === "" ? "" : +value;
    await this.renew();
    if (this.country === "") this.home();
    else this.goToCountry(this.country);
  }

  countryNames() {
    const { data } = this;
    const names = data.country_labels.map(([k, longitude, latitude, span]) => ({
      text: data.countries[k], x: mercatorX(longitude), y: mercatorY(latitude), span: span / 360, kind: "country",
    }));
    const places = data.places.map(([text, longitude, latitude]) => ({ text, x: mercatorX(longitude), y: mercatorY(latitude), span: 0, kind: "place" }));
    return [...names, ...places];
  }

  mineNames(view) {
    const { mineLayer, mines } = this;
    if (!mines.names.size || !this.on.has("mines") || !mineLayer.points.isNear(view, mineLayer.shown)) return [];
    const named = mineLayer.shown.filter((i) => mines.names.has(i)).slice(0, NAMED_MINES);
    return named.map((i) => ({ text: mines.name(i), x: mineLayer.points.x[i], y: mineLayer.points.y[i], span: 0, kind: "mine" }));
  }

  // Names of what can be searched; regions of layers that are not unpacked yet are unpacked for it.
  searchEntries() {
    const { mines, data } = this;
    const entries = data.countries.map((text, k) => ({ kind: "country", text, detail: "country", code: data.country_codes[k], country: k }));
    for (const [key, layer] of this.loaded) {
      if (layer instanceof Areas && layer.data.names) layer.data.names.forEach((text, i) => entries.push({ kind: "region", text, detail: layer.title, layer: key, i }));
    }
    data.places.forEach(([text, longitude, latitude]) => entries.push({ kind: "place", text, detail: "place", place: [longitude, latitude] }));
    for (let i = 0; i < mines.n; i++) {
      const id = mines.id(i);
      entries.push({ kind: "mine", text: mines.name(i) || id, code: id, detail: mines.country(i) || "mine", mine: i });
    }
    return entries;
  }

  // Made when a reader first asks.
  search() {
    this.found ||= Promise.all(this.data.layers.filter(({ kind }) => kind === "areas").map(({ key }) => this.layer(key)))
      .then(() => new Search(this.searchEntries()));
    return this.found;
  }

  async go(entry) {
    if (entry.kind === "mine") this.choose(entry.mine, true);
    else if (entry.kind === "place") this.view.look(mercatorX(entry.place[0]), mercatorY(entry.place[1]), Math.max(this.view.scale, scaleOf(PLACE_ZOOM)));
    else if (entry.kind === "country") this.goToCountry(entry.country);
    else {
      if (!this.on.has(entry.layer)) await this.toggle(entry.layer, true);
      const layer = this.loaded.get(entry.layer);
      this.view.fit(layer.boxes.of(entry.i), 1.4);
      this.choose(-1);
      this.panel.showRegion(layer, entry.i, []);
    }
  }

  // Fills the lists of the page.
  offer() {
    const { data } = this;
    const titles = data.layers.map(({ key, title, hue, breaks }) => ({ key, title, hue: breaks ? null : hue, isOn: this.on.has(key) }));
    showLayers([{ key: "mines", title: "Mines", isOn: true }, ...titles, { key: "names", title: "Names", isOn: false }], (key, isOn) => this.toggle(key, isOn));
    choices("colour", this.colours.map(([value, text]) => [value, text]), (value) => {
      this.colour = value;
      this.hidden = new Set();
      this.renew();
    });
    choices("country", [["", "All"], ...data.countries.map((name, k) => [k, name]).filter(([k]) => data.n_mines_of_country[k])], (value) => this.setCountry(value));
    choices("since", [["", "no other year"], ...this.footprintYears().map((year) => [year, year])], (value) => {
      this.since = value === "" ? null : +value;
      this.renew();
    });
    find("colour-row").hidden = this.colours.length < 2;
    find("country-row").hidden = data.countries.length < 2;
  }
}
