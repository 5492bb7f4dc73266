// Blocks of data that the page carries: a header and typed arrays, compressed, each unpacked when first asked for.
const KINDS = { uint8: Uint8Array, uint16: Uint16Array, uint32: Uint32Array, int32: Int32Array, float32: Float32Array };

export async function unpack(text) {
  const packed = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate"));
  const block = await new Response(stream).arrayBuffer();
  const size = new DataView(block).getUint32(0, true);
  const data = JSON.parse(new TextDecoder().decode(new Uint8Array(block, 4, size)));
  for (const [name, { type, at, n }] of Object.entries(data.sections)) {
    data[name] = new KINDS[type](block, 4 + size + at, n);
  }
  return data;
}

// Reads each block of the page once; its text is dropped then.
export class Blocks {
  constructor(find) {
    this.find = find;
    this.read = new Map();
  }

  get(name) {
    if (!this.read.has(name)) {
      const place = this.find(`data-${name}`);
      const text = place.textContent.trim();
      place.remove();
      this.read.set(name, unpack(text));
    }
    return this.read.get(name);
  }
}

// Rows of 16-bit numbers that are stored as steps from the number before; null for what is not known.
export function readRow(steps, row, width, low, high) {
  const NONE = 65535;
  const values = Array.from({ length: width }, () => null);
  let value = 0;
  for (let k = 0; k < width; k++) {
    value = (value + steps[row * width + k]) & NONE;
    if (value !== NONE) values[k] = low + (value / (NONE - 1)) * (high - low);
  }
  return values;
}
