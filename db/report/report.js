// Draws the charts of a page from the data in it, lets the keyboard walk through their marks, and saves them.
"use strict";
(() => {
  const page = JSON.parse(document.getElementById("data").textContent);
  const PICTURE_WIDTH = 720;
  const LEGEND_HEIGHT = 50;

  function rowsOf(chart) {
    return chart.rows.map((values) => {
      const row = Object.fromEntries(chart.columns.map((name, i) => [name, values[i]]));
      return row.cell === undefined ? row : Object.assign(row, { type: "Feature", geometry: page.cells[row.cell] });
    });
  }

  // Vega-Lite can't fit small multiples to a place: their number in a row and their width are set here.
  function multiples(spec, width) {
    const isSquare = spec.usermeta && spec.usermeta.square;
    const columns = Math.max(1, Math.min(isSquare ? 4 : 3, Math.floor(width / (isSquare ? 150 : 260))));
    const inner = Math.floor((width - 20) / columns) - (isSquare ? 20 : 48);
    return { ...spec, columns, spec: { ...spec.spec, width: inner, height: isSquare ? inner : 150 } };
  }

  function specOf(chart, width, height) {
    const datasets = { rows: rowsOf(chart) };
    const legend = { columns: Math.max(1, Math.floor(width / chart.legend_px)) };
    const spec = { data: { name: "rows" }, ...chart.spec, datasets, config: { ...chart.spec.config, legend } };
    if (spec.facet) return multiples(spec, width);
    spec.width = width;
    if (chart.aspect) {
      datasets.land = page.land;
      datasets.here = page.here;
    }
    if (chart.aspect || height > 0) spec.height = height;
    return spec;
  }

  const options = () => ({
    ast: true, renderer: "svg", actions: false, logLevel: 1, config: page.config, formatLocale: page.locale,
    tooltip: { disableDefaultStyle: true },
  });

  async function draw(figure, height) {
    const chart = page.charts[figure.dataset.key];
    await vegaEmbed(figure, specOf(chart, figure.clientWidth, height), options());
    for (const empty of figure.querySelectorAll("[role='graphics-symbol']:not([aria-label])")) {
      empty.removeAttribute("role");
      empty.removeAttribute("aria-roledescription");
    }
  }

  // Bars have a height of their own.
  function canGrow(figure) {
    const { spec } = page.charts[figure.dataset.key];
    return figure.closest("#short") && !spec.facet && spec.height === undefined;
  }

  async function drawAll(figures) {
    for (const figure of figures) {
      await draw(figure, figure.matches(".map") ? figure.clientHeight : 0);
      await new Promise((resolve) => setTimeout(resolve));
    }
    // Of a map and a chart side by side the lower one grows to the height of its card, known when both are drawn.
    for (const figure of figures.filter((f) => f.matches(".map") || canGrow(f))) {
      const drawing = figure.querySelector("svg");
      if (drawing && Math.abs(drawing.clientHeight - figure.clientHeight) > 8) await draw(figure, figure.clientHeight);
    }
    document.documentElement.dataset.drawn = "yes";
  }

  // A picture is always for white paper, with the sentence above it inside.
  async function save(figure, kind) {
    const chart = page.charts[figure.dataset.key];
    const card = figure.closest(".card");
    const title = card.querySelector("h3").textContent;
    const text = JSON.stringify({
      ...specOf(chart, PICTURE_WIDTH, PICTURE_WIDTH / chart.aspect + LEGEND_HEIGHT), padding: 16, background: "#ffffff",
      title: { text: title.match(/.{1,84}(\s|$)/g), subtitle: card.querySelector(".source").textContent },
    });
    const light = (source) => source.replace(/var\(--([a-z0-9]+)\)/g, (_, name) => page.light[name]);
    const config = JSON.parse(light(JSON.stringify(page.config)));
    const { view } = await vegaEmbed(document.createElement("div"), JSON.parse(light(text)), { ...options(), config });
    const link = document.createElement("a");
    link.href = await view.toImageURL(kind, 2);
    link.download = `${figure.dataset.key}.${kind}`;
    link.click();
    view.finalize();
  }

  function walk(figure, key) {
    const marks = [...figure.querySelectorAll(".role-mark [role='graphics-symbol'][aria-label]")];
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[key];
    if (!step || !marks.length) return false;
    const at = marks.findIndex((mark) => mark.classList.contains("at"));
    const next = marks[(at + step + marks.length) % marks.length];
    leave(figure);
    next.classList.add("at");
    figure.nextElementSibling.textContent = next.getAttribute("aria-label");
    return true;
  }

  function leave(figure) {
    for (const mark of figure.querySelectorAll(".at")) mark.classList.remove("at");
    figure.nextElementSibling.textContent = "";
  }

  const figures = [...document.querySelectorAll(".chart")];
  for (const figure of figures) {
    figure.addEventListener("keydown", (event) => {
      if (walk(figure, event.key)) event.preventDefault();
    });
    figure.addEventListener("blur", () => leave(figure));
  }
  document.addEventListener("click", (event) => {
    const kind = event.target.dataset && event.target.dataset.save;
    if (kind) save(event.target.closest(".card").querySelector(".chart"), kind);
  });
  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-goto]")) location.href = event.target.value;
  });
  let wait;
  let width = innerWidth;
  addEventListener("resize", () => {
    clearTimeout(wait);
    wait = setTimeout(() => {
      if (innerWidth !== width) drawAll(figures);
      width = innerWidth;
    }, 200);
  });
  drawAll(figures);
})();
