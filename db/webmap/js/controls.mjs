// The list of layers with their legends, and the choices of colour, country and comparison.
import { element, find, swatch } from "./dom.mjs";

// One row a layer: `layers` are {key, title, hue, isOn}; `toggled(key, isOn)` is called.
export function showLayers(layers, toggled) {
  find("layers").replaceChildren(...layers.map(({ key, title, hue, isOn }) => {
    const box = element("input", "", { type: "checkbox", id: `layer-${key}` });
    box.checked = isOn;
    box.addEventListener("change", () => toggled(key, box.checked));
    return element("div", [element("label", [box, ...(hue ? [swatch(hue, true)] : []), element("span", title)]), element("div", "", { class: "legend", id: `legend-${key}` })], { class: "layer" });
  }));
}

export const tick = (key, isOn) => { find(`layer-${key}`).checked = isOn; };

// A legend of {hue, name, isLight, isAbsent}; with `toggled(k, isOn)` each entry can be taken off the map.
export function showLegend(key, entries, hidden = null, toggled = null) {
  find(`legend-${key}`).replaceChildren(...entries.flatMap(({ hue, name, isLight, isAbsent }, k) => {
    if (isAbsent) return [];
    if (!toggled) return element("span", [swatch(hue, isLight), name]);
    const box = element("input", "", { type: "checkbox" });
    box.checked = !hidden.has(k);
    box.addEventListener("change", () => toggled(k, box.checked));
    return element("label", [box, swatch(hue), name]);
  }));
}

// Fills a list to choose from with [value, text]; `changed(value)` is called.
export function choices(id, options, changed) {
  const box = find(id);
  box.replaceChildren(...options.map(([value, text]) => element("option", text, { value })));
  box.addEventListener("change", () => changed(box.value));
}

export function showLargest(mines, shown, choose) {
  find("largest").replaceChildren(...shown.slice(0, 12).map((i) => {
    const where = mines.name(i) ? `${mines.name(i)}, ${mines.country(i)}` : `${mines.id(i)} · ${mines.country(i) || "at sea"}`;
    const button = element("button", [element("span", where), element("span", mines.areaText(i))], { type: "button" });
    button.addEventListener("click", () => choose(i));
    return element("li", button);
  }));
}
