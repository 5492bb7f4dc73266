// Pointer, wheel and keys, as in the maps that people know.
const CLICK_PIXELS = 6;
const DOUBLE_CLICK_MS = 300;
const KEY_STEP = 0.2;
const WHEEL_PIXEL = 0.0016, WHEEL_LINE = 0.03, PINCH_PIXEL = 0.01;
const FAR = -1e9; // a place where nothing is

export class Gestures {
  // `on` has pick(px, py, reach), hover(px, py) and home().
  constructor(canvas, view, on) {
    Object.assign(this, { canvas, view, on });
    this.pointers = new Map();
    this.moved = 0;
    this.clickedAt = -Infinity;
    canvas.addEventListener("wheel", (e) => this.wheel(e), { passive: false });
    canvas.addEventListener("pointerdown", (e) => this.down(e));
    canvas.addEventListener("pointermove", (e) => this.move(e));
    canvas.addEventListener("pointerleave", () => on.hover(FAR, FAR));
    for (const type of ["pointerup", "pointercancel"]) canvas.addEventListener(type, (e) => this.up(e));
    canvas.addEventListener("keydown", (e) => this.key(e));
  }

  at(e) {
    const box = this.canvas.getBoundingClientRect();
    return [e.clientX - box.left, e.clientY - box.top];
  }

  wheel(e) {
    e.preventDefault();
    const step = e.ctrlKey ? PINCH_PIXEL : e.deltaMode ? WHEEL_LINE : WHEEL_PIXEL;
    this.view.zoomAt(Math.exp(-e.deltaY * step), ...this.at(e));
  }

  down(e) {
    if (e.button > 0) return;
    this.canvas.setPointerCapture(e.pointerId);
    if (!this.pointers.size) this.moved = 0;
    this.pointers.set(e.pointerId, this.at(e));
    if (this.pointers.size > 1) this.moved = Infinity; // two fingers never click
  }

  move(e) {
    const now = this.at(e);
    const before = this.pointers.get(e.pointerId);
    if (!before) {
      if (e.pointerType !== "touch") this.on.hover(...now);
      return;
    }
    const other = [...this.pointers].find(([id]) => id !== e.pointerId);
    this.moved += Math.abs(now[0] - before[0]) + Math.abs(now[1] - before[1]);
    if (other) this.pinch(before, now, other[1]);
    else this.view.pan(before[0] - now[0], before[1] - now[1]);
    this.pointers.set(e.pointerId, now);
  }

  // The place between two fingers stays between them.
  pinch(before, now, other) {
    const middle = (p) => [(p[0] + other[0]) / 2, (p[1] + other[1]) / 2];
    const spread = (p) => Math.hypot(p[0] - other[0], p[1] - other[1]) || 1;
    const [from, to] = [middle(before), middle(now)];
    this.view.pan(from[0] - to[0], from[1] - to[1]);
    this.view.zoomAt(spread(now) / spread(before), ...to);
  }

  up(e) {
    const wasDown = this.pointers.delete(e.pointerId);
    if (!wasDown || e.type !== "pointerup" || this.moved >= CLICK_PIXELS || this.pointers.size) return;
    const isDouble = e.timeStamp - this.clickedAt < DOUBLE_CLICK_MS;
    this.clickedAt = isDouble ? -Infinity : e.timeStamp;
    if (isDouble) this.view.zoomAt(e.shiftKey ? 0.5 : 2, ...this.at(e));
    else this.on.pick(...this.at(e), e.pointerType === "touch" ? 22 : 14);
  }

  key(e) {
    if (e.ctrlKey || e.metaKey || e.altKey) return;
    const { view } = this;
    const far = KEY_STEP * Math.min(view.width, view.height);
    const moves = { ArrowLeft: [-far, 0], ArrowRight: [far, 0], ArrowUp: [0, -far], ArrowDown: [0, far] };
    if (moves[e.key]) view.pan(...moves[e.key]);
    else if (e.key === "+" || e.key === "=") view.zoomAt(1.6);
    else if (e.key === "-") view.zoomAt(1 / 1.6);
    else if (e.key === "0" || e.key === "Home") this.on.home();
    else if (e.key === "Enter") this.on.pick(view.width / 2, view.height / 2, Infinity);
    else return;
    e.preventDefault();
  }
}
