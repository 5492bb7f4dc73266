// What the page carries: a compressed block of a header and typed arrays, unpacked once.
const KINDS = { uint8: Uint8Array, uint16: Uint16Array, uint32: Uint32Array, int32: Int32Array, float32: Float32Array };
const STEP = 1e-5;

async function unpack(text) {
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

const mercatorX = (longitude) => (longitude + 180) / 360;
const mercatorY = (latitude) => {
  const sine = Math.sin((Math.max(-85, Math.min(85, latitude)) * Math.PI) / 180);
  return 0.5 - Math.log((1 + sine) / (1 - sine)) / (4 * Math.PI);
};

// Rings of shapes, decoded when first asked for, as [x0, y0, x1, y1, ...] on the Mercator square.
class Shapes {
  constructor(data, prefix, originX, originY) {
    this.rings = data[prefix + "_rings"];
    this.points = data[prefix + "_points"];
    this.start = data[prefix + "_start"];
    this.path = data[prefix + "_path"];
    this.originX = originX;
    this.originY = originY;
    this.firstRing = new Uint32Array(this.rings.length + 1);
    for (let i = 0; i < this.rings.length; i++) this.firstRing[i + 1] = this.firstRing[i] + this.rings[i];
    this.cache = new Map();
  }

  get(i) {
    let found = this.cache.get(i);
    if (!found) {
      found = this.decode(i);
      if (this.cache.size > 20000) this.cache.clear();
      this.cache.set(i, found);
    }
    return found;
  }

  decode(i) {
    let at = this.start[i];
    const path = this.path;
    const next = () => {
      let value = 0, factor = 1, byte;
      do {
        byte = path[at++];
        value += (byte & 127) * factor;
        factor *= 128;
      } while (byte > 127);
      return value % 2 ? -(value + 1) / 2 : value / 2;
    };
    let x = this.originX ? this.originX[i] : 0;
    let y = this.originY ? this.originY[i] : 0;
    const rings = [];
    for (let r = this.firstRing[i]; r < this.firstRing[i + 1]; r++) {
      const ring = new Float64Array(2 * this.points[r]);
      for (let k = 0; k < ring.length; k += 2) {
        x += next();
        y += next();
        ring[k] = mercatorX(x * STEP);
        ring[k + 1] = mercatorY(y * STEP);
      }
      rings.push(ring);
    }
    return rings;
  }
}

function boundsOf(rings) {
  let west = 1, north = 1, east = 0, south = 0;
  for (const ring of rings) {
    for (let k = 0; k < ring.length; k += 2) {
      west = Math.min(west, ring[k]);
      east = Math.max(east, ring[k]);
      north = Math.min(north, ring[k + 1]);
      south = Math.max(south, ring[k + 1]);
    }
  }
  return [west, north, east, south];
}

// Everything that is asked of a mine, by its position in the arrays.
class Mines {
  constructor(data) {
    this.data = data;
    this.n = data.n;
    this.x = Float64Array.from(data.longitude, (v) => mercatorX(v * STEP));
    this.y = Float64Array.from(data.latitude, (v) => mercatorY(v * STEP));
    this.shapes = new Shapes(data, "mine", data.longitude, data.latitude);
    this.nYears = data.years ? data.years.length : 0;
  }

  id(i) {
    const size = this.data.id_length;
    return String.fromCharCode(...this.data.id.subarray(i * size, (i + 1) * size));
  }

  country(i) { return this.data.countries[this.data.country[i]] || "far from any country"; }
  status(i) { return this.data.status ? this.data.statuses[this.data.status[i]] : ""; }
  bare(i, year) { return this.series("bare", i, this.data.years, 200, 255)[year - this.data.years[0]]; }

  series(name, i, years, top, none) {
    const from = this.data[name].subarray(i * years.length, (i + 1) * years.length);
    return Array.from(from, (v) => (v === none ? null : v / top));
  }

  contains(i, x, y) {
    let inside = false;
    for (const ring of this.shapes.get(i)) {
      for (let k = 0, j = ring.length - 2; k < ring.length; j = k, k += 2) {
        const crosses = ring[k + 1] > y !== ring[j + 1] > y;
        if (crosses && x < ((ring[j] - ring[k]) * (y - ring[k + 1])) / (ring[j + 1] - ring[k + 1]) + ring[k]) inside = !inside;
      }
    }
    return inside;
  }
}
