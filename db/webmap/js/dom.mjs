// Elements of the page. Text is put in as text: nothing of the data is ever read as HTML.
export const find = (id) => document.getElementById(id);

export function element(name, content = "", attributes = {}) {
  const made = document.createElement(name);
  made.append(...[content].flat());
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}

export function drawing(name, attributes, content = "") {
  const made = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(content);
  return made;
}

export const swatch = (hue, isLight = false) => element("i", "", { class: isLight ? "box light" : "box", style: `--hue:var(--${hue})` });

// Saves text as a file, without a server.
export function save(name, text, kind) {
  const address = URL.createObjectURL(new Blob([text], { type: kind }));
  const link = element("a", "", { href: address, download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 10000);
}
