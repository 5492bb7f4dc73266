// The search field with its list of matches: a combobox that keys and pointer work alike.
import { element, find } from "./dom.mjs";

export class SearchBox {
  // `search()` promises the Search, made when first asked for; `go(entry)` goes there.
  constructor(search, go) {
    Object.assign(this, { search, go, entries: [], at: -1 });
    this.input = find("search");
    this.list = find("matches");
    this.input.addEventListener("input", () => this.update());
    this.input.addEventListener("keydown", (e) => this.key(e));
    this.input.addEventListener("blur", () => setTimeout(() => this.close(), 150));
    this.input.addEventListener("focus", () => this.update());
  }

  async update() {
    const asked = this.input.value;
    const search = await this.search();
    if (asked !== this.input.value || document.activeElement !== this.input) return; // the reader went on
    this.entries = search.find(asked);
    this.at = this.entries.length ? 0 : -1;
    const isAsked = asked.trim() !== "";
    this.list.replaceChildren(...this.entries.map((entry, k) => this.option(entry, k)));
    if (isAsked && !this.entries.length) this.list.append(element("li", "Nothing found", { role: "option", "aria-disabled": "true", id: "match-none" }));
    this.list.hidden = !isAsked;
    this.mark();
  }

  option(entry, k) {
    const made = element("li", [element("span", entry.text), element("span", entry.detail)], { role: "option", id: `match-${k}` });
    made.addEventListener("pointerdown", (e) => {
      e.preventDefault();
      this.choose(k);
    });
    return made;
  }

  mark() {
    this.input.setAttribute("aria-expanded", String(!this.list.hidden));
    [...this.list.children].forEach((made, k) => made.setAttribute("aria-selected", String(k === this.at)));
    if (this.at >= 0) this.input.setAttribute("aria-activedescendant", `match-${this.at}`);
    else this.input.removeAttribute("aria-activedescendant");
  }

  key(e) {
    const n = this.entries.length;
    if (e.key === "ArrowDown" && n) this.at = (this.at + 1) % n;
    else if (e.key === "ArrowUp" && n) this.at = (this.at - 1 + n) % n;
    else if (e.key === "Enter" && this.at >= 0) this.choose(this.at);
    else if (e.key === "Escape" && !this.list.hidden) this.close();
    else return;
    e.preventDefault();
    e.stopPropagation();
    this.mark();
  }

  choose(k) {
    const entry = this.entries[k];
    this.input.value = entry.text;
    this.close();
    this.go(entry);
  }

  close() {
    this.list.hidden = true;
    this.at = -1;
    this.mark();
  }
}
