// The page: unpack, draw, listen.
const RAMP = [[253, 234, 69], [211, 193, 100], [166, 157, 117], [124, 123, 120], [87, 93, 109], [18, 53, 112]];
const NO_DATA = [200, 203, 208];
const rgb = (hex) => [1, 3, 5].map((k) => parseInt(hex.slice(k, k + 2), 16));

async function start() {
  const data = await unpack(find("data").textContent.trim());
  find("data").remove();
  const mines = new Mines(data);
  const canvas = find("map");
  const colours = new Uint8Array(mines.n).fill(1);
  let palette = [null, [0, 114, 178]], hidden = new Set(), chosen = -1, waiting = false, mode = "";
  const view = new View(canvas, redraw);
  const painter = new Painter(canvas, view, mines, new Shapes(data, "land"));

  function redraw() {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => {
      waiting = false;
      painter.draw(colours, palette, chosen);
      drawScale(view);
      clearTimeout(redraw.later);
      redraw.later = setTimeout(settle, 120);
    });
  }

  function settle() {
    const n = painter.shown.length;
    find("count").textContent = `${n.toLocaleString("en")} of ${mines.n.toLocaleString("en")} mines in view`;
    showLargest(mines, painter.shown, choose);
  }

  function choose(i, fly = false) {
    chosen = i;
    showMine(mines, i);
    if (i >= 0 && fly) view.fit(boundsOf(mines.shapes.get(i)), 3);
    redraw();
  }

  function paintBy() {
    const country = find("country").value;
    const year = +find("year").value;
    palette = mode === "status" ? [null, NO_DATA, ...data.statuses.slice(1).map((s) => rgb(data.colours[s]))]
      : mode === "bare" ? [null, NO_DATA, ...RAMP] : [null, [0, 114, 178]];
    const at = mode === "bare" ? year - data.years[0] : 0;
    for (let i = 0; i < mines.n; i++) {
      let colour = 1;
      if (mode === "status") colour = 1 + data.status[i];
      else if (mode === "bare") {
        const v = data.bare[i * mines.nYears + at];
        colour = v === 255 ? 1 : 2 + Math.min(5, Math.floor((v / 200) * 6));
      }
      if (hidden.has(colour)) colour = 0;
      colours[i] = country === "" || data.country[i] === +country ? colour : 0;
    }
    redraw();
  }

  function showLegend() {
    const names = mode === "status" ? ["no data", ...data.statuses.slice(1)]
      : mode === "bare" ? ["no data", ...RAMP.map((_, k) => `${Math.round((100 * k) / 6)}-${Math.round((100 * (k + 1)) / 6)} %`)] : ["mine"];
    hidden = new Set();
    find("year-row").hidden = mode !== "bare";
    paintBy();
    find("legend").replaceChildren(...names.map((name, k) => {
      const label = element("label");
      const box = element("input", "", { type: "checkbox" });
      box.checked = true;
      box.addEventListener("change", () => { hidden[box.checked ? "delete" : "add"](k + 1); paintBy(); });
      label.append(box, element("i", "", { class: "box", style: `background:rgb(${palette[k + 1]})` }), name);
      return label;
    }));
  }

  const whole = () => {
    let [west, north, east, south] = [1, 1, 0, 0];
    for (let i = 0; i < mines.n; i++) if (colours[i]) {
      west = Math.min(west, mines.x[i]); east = Math.max(east, mines.x[i]);
      north = Math.min(north, mines.y[i]); south = Math.max(south, mines.y[i]);
    }
    return east < west ? [0, 0, 1, 1] : [west, north, east, south];
  };
  view.home = () => view.fit(whole());
  view.onPick = (px, py, reach) => choose(painter.pick(px, py, reach));

  const modes = [["status", "Status", data.status], ["bare", "Bare surface", data.years], ["plain", "None", true]].filter(([, , there]) => there);
  for (const [value, name] of modes) find("colour").append(element("option", name, { value }));
  data.countries.forEach((name, k) => find("country").append(element("option", name, { value: k })));
  if (data.years) Object.assign(find("year"), { min: data.years[0], max: data.years.at(-1), value: data.years.at(-1) });
  find("about").textContent = `Build ${data.build} of ${data.built}. Licence: ${data.licence}.`;
  const onYear = () => { find("year-text").textContent = find("year").value; paintBy(); };
  find("colour").addEventListener("change", (e) => { mode = e.target.value; showLegend(); });
  find("country").addEventListener("change", () => { paintBy(); view.fit(whole()); });
  find("year").addEventListener("input", onYear);
  find("in").addEventListener("click", () => view.zoomAt(2));
  find("out").addEventListener("click", () => view.zoomAt(0.5));
  find("home").addEventListener("click", () => view.home());
  find("close").addEventListener("click", () => { choose(-1); canvas.focus(); });
  document.addEventListener("keydown", (e) => { if (e.key === "Escape") choose(-1); });
  mode = modes[0][0];
  if (data.years) find("year-text").textContent = find("year").value;
  showLegend();
  view.resize();
  view.home();
  window.quarryMap = { mines, view, painter, choose, get chosen() { return chosen; } };
  document.body.dataset.ready = "yes";
}

// A bar of a round length, in km or m at the middle of the view.
function drawScale(view) {
  const latitude = (Math.atan(Math.sinh(Math.PI * (1 - 2 * view.y))) * 180) / Math.PI;
  const metres = (40075017 * Math.cos((latitude * Math.PI) / 180)) / view.scale;
  const most = metres * 150; // so that the shortest bar, two fifths of it, still holds its label
  const power = 10 ** Math.floor(Math.log10(most));
  const length = [5, 2, 1].map((m) => m * power).find((m) => m <= most) || power;
  const bar = find("scale").firstElementChild;
  bar.style.width = `${length / metres}px`;
  bar.textContent = length >= 1000 ? `${(length / 1000).toLocaleString("en")} km` : `${length} m`;
}

start();
