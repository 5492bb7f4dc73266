// The side panel: colours and filters, the chosen mine with its series, the largest mines in view.
const find = (id) => document.getElementById(id);
const element = (name, content = "", attributes = {}) => {
  const made = document.createElement(name);
  made.append(content);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
};
const figures = (value) => value >= 100 ? Math.round(value).toLocaleString("en") : String(+value.toPrecision(3));
const SERIES = { bare: "#d55e00", disturbed: "#d55e00", reclaimed: "#009e73", segmented: "#0072b2" };

// A chart of shares or areas by year; lines, or columns up and down from zero.
function chart(years, lines, { height = 120, form, columns = false, caption }) {
  const width = 320, left = 44, right = 8, top = 8, bottom = height - 18;
  const values = lines.flatMap(({ values }) => values.filter((v) => v !== null));
  const high = Math.max(...values, 0) || 1, low = Math.min(...values, 0);
  const x = (year) => left + ((year - years[0]) / Math.max(1, years.at(-1) - years[0])) * (width - left - right);
  const y = (v) => bottom - ((v - low) / (high - low)) * (bottom - top);
  const parts = [];
  for (const v of low < 0 ? [low, 0, high] : [0, high]) {
    parts.push(`<line x1="${left}" x2="${width - right}" y1="${y(v)}" y2="${y(v)}" stroke="#dfe2e6"/>`);
    parts.push(`<text x="${left - 5}" y="${y(v) + 4}" text-anchor="end" font-size="11" fill="#57606a">${form(Math.abs(v))}</text>`);
  }
  for (const year of [years[0], years[Math.floor(years.length / 2)], years.at(-1)]) {
    parts.push(`<text x="${Math.min(x(year), width - 16)}" y="${height - 3}" text-anchor="middle" font-size="11" fill="#57606a">${year}</text>`);
  }
  const thick = Math.max(1.5, ((width - left - right) / years.length) * 0.8);
  for (const { values: series, colour } of lines) {
    if (columns) {
      series.forEach((v, k) => {
        if (v) parts.push(`<rect x="${x(years[k]) - thick / 2}" width="${thick}" y="${Math.min(y(v), y(0))}" height="${Math.max(0.8, Math.abs(y(v) - y(0)))}" fill="${colour}"/>`);
      });
    } else {
      const points = series.map((v, k) => (v === null ? null : `${x(years[k]).toFixed(1)},${y(v).toFixed(1)}`)).filter(Boolean);
      parts.push(`<polyline points="${points.join(" ")}" fill="none" stroke="${colour}" stroke-width="2"/>`);
    }
  }
  const figure = element("figure");
  figure.append(element("figcaption", caption));
  if (lines.length > 1) {
    const keys = element("div", "", { class: "keys" });
    for (const { name, colour } of lines) {
      const key = element("span");
      key.append(element("i", "", { class: "box", style: `background:${colour}` }), ` ${name}`);
      keys.append(key);
    }
    figure.append(keys);
  }
  figure.insertAdjacentHTML("beforeend", `<svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${caption}">${parts.join("")}</svg>`);
  return figure;
}

function numbers(heads, rows) {
  const details = element("details");
  const table = element("table");
  table.append(element("tr"));
  for (const head of heads) table.rows[0].append(element("th", head, { scope: "col" }));
  for (const row of rows) {
    const line = table.insertRow();
    for (const value of row) line.insertCell().append(value === null ? "-" : value);
  }
  const box = element("div", table, { class: "rows", tabindex: "0", role: "region", "aria-label": "Numbers by year" });
  details.append(element("summary", "Numbers"), box);
  return details;
}

function showMine(mines, i) {
  const { data } = mines;
  const box = find("mine");
  box.hidden = i < 0;
  document.body.classList.toggle("chosen", i >= 0);
  if (i < 0) return;
  const area = data.area[i];
  box.querySelector("h2").textContent = `Mine ${mines.id(i)}`;
  const facts = [
    ["Country", mines.country(i)],
    ["Area", `${figures(area)} km²`],
    ["Place", `${(data.latitude[i] * STEP).toFixed(4)}, ${(data.longitude[i] * STEP).toFixed(4)}`],
  ];
  if (mines.status(i)) {
    const by = data.deciders[data.decided[i]];
    facts.push(["Status", mines.status(i) + (by ? `, decided by ${by}` : "")]);
  }
  (data.indicators || []).forEach((name, k) => {
    const trend = data.trends[data.trend[k * mines.n + i]];
    if (trend) facts.push([name, trend]);
  });
  const list = element("dl");
  for (const [name, value] of facts) list.append(element("dt", name), element("dd", value));
  find("facts").replaceChildren(list);
  find("charts").replaceChildren(...series(mines, i, area), query(mines.id(i)));
}

function series(mines, i, area) {
  const { data } = mines;
  const made = [];
  if (data.years) {
    const years = data.years;
    const bare = mines.series("bare", i, years, 200, 255);
    const [disturbed, reclaimed] = ["disturbed", "reclaimed"].map((name) =>
      mines.series(name, i, years, 60000, 65535).map((v) => (v === null ? null : v * area)));
    if (bare.some((v) => v !== null)) {
      made.push(chart(years, [{ values: bare, colour: SERIES.bare }], { form: (v) => `${Math.round(100 * v)} %`, caption: "Share of the mine that is bare" }));
      made.push(chart(years, [
        { name: "developed", values: disturbed, colour: SERIES.disturbed },
        { name: "reclaimed", values: reclaimed.map((v) => v && -v), colour: SERIES.reclaimed },
      ], { form: figures, columns: true, caption: "Developed and reclaimed each year, km²" }));
      made.push(numbers(["year", "bare", "developed km²", "reclaimed km²"], years.map((year, k) => [
        year, bare[k] === null ? null : `${Math.round(100 * bare[k])} %`,
        disturbed[k] === null ? null : figures(disturbed[k]), reclaimed[k] === null ? null : figures(reclaimed[k])])));
    }
  }
  if (data.segmented_years) {
    const values = mines.series("segmented", i, data.segmented_years, 60000, 65535).map((v) => (v === null ? null : v * area));
    if (values.some((v) => v > 0)) made.push(chart(data.segmented_years, [{ values, colour: SERIES.segmented }], { form: figures, caption: "Segmented in yearly images, km²" }));
  }
  if (!made.length) made.push(element("p", "No yearly series for this mine."));
  return made;
}

function query(id) {
  const details = element("details");
  details.append(element("summary", "As a query"), element("code", `quarry sql "FROM mine WHERE mine_id = '${id}'"`));
  return details;
}

function showLargest(mines, shown, choose) {
  const list = find("largest").querySelector("ol");
  list.replaceChildren(...shown.slice(0, 12).map((i) => {
    const button = element("button");
    button.append(element("span", `${mines.id(i)} · ${mines.country(i)}`), element("span", `${figures(mines.data.area[i])} km²`));
    button.addEventListener("click", () => choose(i, true));
    const item = element("li");
    item.append(button);
    return item;
  }));
}
