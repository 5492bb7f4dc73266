// The year: a slider over the years of what is shown, and a button that plays them.
import { find } from "./dom.mjs";

const PLAY_MS = 900;

export class Years {
  // `changed(year)` is called where the reader, or the play, moves to another year.
  constructor(changed) {
    this.changed = changed;
    this.years = [];
    this.timer = null;
    this.slider = find("year");
    this.slider.addEventListener("input", () => {
      this.stop();
      this.changed(this.years[+this.slider.value]);
    });
    find("play").addEventListener("click", () => (this.timer ? this.stop() : this.play()));
  }

  // The years to choose from, and the one that is shown: the wanted one, or the nearest that there is.
  offer(years, wanted) {
    this.years = years;
    find("year-row").hidden = !years.length;
    if (!years.length) return wanted;
    const nearest = years.reduce((best, year) => (Math.abs(year - wanted) < Math.abs(best - wanted) ? year : best));
    const at = years.indexOf(nearest);
    Object.assign(this.slider, { min: 0, max: years.length - 1, value: at });
    this.slider.setAttribute("aria-valuetext", String(nearest));
    find("year-text").textContent = nearest;
    find("play").disabled = years.length < 2;
    return nearest;
  }

  play() {
    const step = () => this.changed(this.years[(+this.slider.value + 1) % this.years.length]);
    this.timer = setInterval(step, PLAY_MS);
    this.label();
    step();
  }

  stop() {
    clearInterval(this.timer);
    this.timer = null;
    this.label();
  }

  label() {
    find("play").textContent = this.timer ? "❚❚" : "▶";
    find("play").setAttribute("aria-label", this.timer ? "Stop" : "Play the years");
  }
}
