// Pictures of another server below the map, where the page was made with one: XYZ tiles in Web Mercator.
const TILE = 256;
const MOST_KEPT = 300;

export class Tiles {
  // `about` has address with {z}, {x}, {y}, and max_zoom; `changed` is called when a picture arrives.
  constructor(about, changed) {
    Object.assign(this, about, { changed });
    this.pictures = new Map();
  }

  draw({ context, view }) {
    const zoom = Math.max(0, Math.min(this.max_zoom, Math.round(view.zoom + Math.log2(view.density) / 2)));
    for (const [x, y] of tilesInView(view, zoom)) {
      const picture = this.picture(zoom, x, y);
      if (isReady(picture)) place(context, view, picture, zoom, x, y);
      else this.drawParent(context, view, zoom, x, y);
    }
  }

  // Until a picture is there, the part of a coarser one.
  drawParent(context, view, zoom, x, y) {
    for (let up = 1; up <= Math.min(zoom, 5); up++) {
      const picture = this.pictures.get(`${zoom - up}/${x >> up}/${y >> up}`);
      if (!isReady(picture)) continue;
      const side = TILE / 2 ** up;
      place(context, view, picture, zoom, x, y, [(x % 2 ** up) * side, (y % 2 ** up) * side, side]);
      return;
    }
  }

  picture(zoom, x, y) {
    const key = `${zoom}/${x}/${y}`;
    const found = this.pictures.get(key) || this.load(zoom, x, y);
    this.pictures.delete(key);
    this.pictures.set(key, found); // last used, last dropped
    if (this.pictures.size > MOST_KEPT) this.pictures.delete(this.pictures.keys().next().value);
    return found;
  }

  load(zoom, x, y) {
    const picture = new Image();
    picture.referrerPolicy = "no-referrer";
    picture.addEventListener("load", () => this.changed());
    picture.src = tileAddress(this.address, zoom, x, y);
    return picture;
  }
}

const isReady = (picture) => Boolean(picture && picture.complete && picture.naturalWidth);

export const tileAddress = (address, z, x, y) => address.replaceAll("{z}", z).replaceAll("{x}", x).replaceAll("{y}", y);

// Columns and rows of the tiles of a zoom that the view shows.
export function tilesInView(view, zoom) {
  const n = 2 ** zoom;
  const [west, north, east, south] = view.bounds.map((edge) => Math.max(0, Math.min(1 - 1e-12, edge)));
  const found = [];
  for (let y = Math.floor(north * n); y <= Math.floor(south * n); y++) {
    for (let x = Math.floor(west * n); x <= Math.floor(east * n); x++) found.push([x, y]);
  }
  return found;
}

// Edges on whole pixels, or seams would show between tiles.
function place(context, view, picture, zoom, x, y, part = null) {
  const n = 2 ** zoom;
  const [left, top] = view.pixel(x / n, y / n).map(Math.round);
  const [right, bottom] = view.pixel((x + 1) / n, (y + 1) / n).map(Math.round);
  const ratio = picture.naturalWidth / TILE;
  const [sx, sy, side] = (part || [0, 0, TILE]).map((v) => v * ratio);
  context.drawImage(picture, sx, sy, side, side, left, top, right - left, bottom - top);
}
