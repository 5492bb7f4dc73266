// The page: unpack, draw, listen.
import { App } from "./app.mjs";
import { Blocks } from "./block.mjs";
import { find } from "./dom.mjs";
import { Gestures } from "./gestures.mjs";
import { Mines } from "./mines.mjs";
import { SearchBox } from "./searchbox.mjs";
import { readState } from "./state.mjs";
import { View } from "./view.mjs";

async function start() {
  const blocks = new Blocks(find);
  const mines = new Mines(await blocks.get("mines"));
  const canvas = find("map");
  const view = new View();
  const app = new App(blocks, mines, view, canvas);
  app.offer();
  view.changed = () => app.redraw();
  const resize = () => view.resize(canvas.clientWidth, canvas.clientHeight, Math.min(window.devicePixelRatio || 1, 2));
  resize();
  new ResizeObserver(resize).observe(canvas);
  new Gestures(canvas, view, { pick: (...at) => app.pick(...at), hover: (...at) => app.hover(...at), home: () => app.home() });
  new SearchBox(() => app.search(), (entry) => app.go(entry));
  listen(app, view, canvas);
  await app.apply({ layers: ["mines", "names"], ...readState(location.hash) });
  window.quarryMap = app;
  document.body.dataset.ready = "yes";
}

function listen(app, view, canvas) {
  find("in").addEventListener("click", () => view.zoomAt(2));
  find("out").addEventListener("click", () => view.zoomAt(0.5));
  find("home").addEventListener("click", () => app.home());
  find("close").addEventListener("click", () => {
    app.choose(-1);
    canvas.focus();
  });
  document.addEventListener("keydown", (e) => { if (e.key === "Escape") app.choose(-1); });
  window.addEventListener("hashchange", () => app.apply({ layers: ["mines", "names"], ...readState(location.hash) }));
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
    app.painter.renewTheme();
    app.redraw();
  });
}

start();
