// The page's colours (CSS variables of db/palette.py) for the canvas, which knows no CSS.
export const RAMP = ["s1", "s2", "s3", "s4", "s5", "s6"];

export function readTheme(root = document.documentElement) {
  const style = getComputedStyle(root);
  const found = new Map();
  return (name) => {
    if (!found.has(name)) found.set(name, style.getPropertyValue(`--${name}`).trim());
    return found.get(name);
  };
}

export const rgb = (hex) => [1, 3, 5].map((k) => parseInt(hex.slice(k, k + 2), 16));
export const translucent = (hex, share) => `rgba(${rgb(hex)},${share})`;

// Opaque pixel as a word of ImageData (little-endian).
export function pixelWord(hex) {
  const [r, g, b] = rgb(hex);
  return ((255 << 24) | (b << 16) | (g << 8) | r) >>> 0;
}
