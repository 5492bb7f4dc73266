// Web Mercator (EPSG:3857) as a square from 0 to 1, x eastwards and y southwards: the square that XYZ tiles cut up,
// so that tiles lie on it as they are.
export const LIMIT = 85.0511287798;
const TILE = 256;
const EQUATOR_M = 40075016.685578;

export const mercatorX = (longitude) => (longitude + 180) / 360;

export function mercatorY(latitude) {
  const sine = Math.sin((Math.max(-LIMIT, Math.min(LIMIT, latitude)) * Math.PI) / 180);
  return 0.5 - Math.log((1 + sine) / (1 - sine)) / (4 * Math.PI);
}

export const longitudeOf = (x) => x * 360 - 180;
export const latitudeOf = (y) => (Math.atan(Math.sinh(Math.PI * (1 - 2 * y))) * 180) / Math.PI;

// Zoom as tile maps count it: at 0 the world is 256 pixels wide.
export const zoomOf = (scale) => Math.log2(scale / TILE);
export const scaleOf = (zoom) => TILE * 2 ** zoom;

export const metresPerPixel = (y, scale) => (EQUATOR_M * Math.cos((latitudeOf(y) * Math.PI) / 180)) / scale;
