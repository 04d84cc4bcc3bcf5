/**
 * The bench page's camera: the simulated camera's scene, each frame marked with the wall clock in
 * milliseconds (modulo 65536) as hardware/mark.py draws its numbers, and the reading of such marks.
 */
"use strict";

const BLOCKS_ACROSS = 40;
const COLUMNS = 13;
const LEFT = 2;
const TOP = 7;
const CHECK_MASK = 1023;
const BLACK = 16;
const WHITE = 235;

/** Milliseconds since 1970 to a tenth: the moment at which Date.now() ticks is exact. */
const wallOffset = (() => {
  let best = -Infinity;
  for (const end = performance.now() + 12; performance.now() < end;) {
    best = Math.max(best, Date.now() - performance.now());
  }
  return best;
})();
const wall_ms = () => wallOffset + performance.now();

const CRC = Uint32Array.from({ length: 256 }, (_, n) => {
  let c = n;
  for (let k = 0; k < 8; k += 1) c = c & 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1;
  return c >>> 0;
});

function checksum(number) {
  let crc = 0xffffffff;
  for (const byte of [number >> 8, number & 255]) crc = CRC[(crc ^ byte) & 255] ^ (crc >>> 8);
  return (crc ^ 0xffffffff) & CHECK_MASK;
}

/** Draw a number into the luma at the start of `planes`. */
function drawMark(planes, width, number) {
  const side = Math.floor(width / BLOCKS_ACROSS);
  const bits = number * 1024 + checksum(number);
  for (let row = 0; row < 5; row += 1) {
    for (let column = 0; column < COLUMNS + 2; column += 1) {
      const place = (row - 2) * COLUMNS + column - 1;
      const inner = column > 0 && column <= COLUMNS;
      const white = inner && ((row === 1 && column % 2 === 1)
        || ((row === 2 || row === 3) && Math.floor(bits / 2 ** (2 * COLUMNS - 1 - place)) % 2 === 1));
      for (let y = 0; y < side; y += 1) {
        const from = ((TOP + row) * side + y) * width + (LEFT + column) * side;
        planes.fill(white ? WHITE : BLACK, from, from + side);
      }
    }
  }
}

/** The rows of a picture `width` wide that hold a mark's numbers, even as I420 wants them. */
function markRect(width) {
  const side = width / BLOCKS_ACROSS;
  const y = Math.floor((TOP + 2) * side) & ~1;
  return { x: 0, y, width: Math.floor((LEFT + COLUMNS + 2) * side) & ~1,
    height: (Math.ceil(2 * side) + 3) & ~1 };
}

/** Read a number from the luma of a picture's `markRect`; null for an impossible reading. */
function readMark(luma, stride, width) {
  const side = width / BLOCKS_ACROSS;
  const { y: top } = markRect(width);
  const half = Math.max(1, Math.floor(side / 4));
  let number = 0;
  let check = 0;
  for (let place = 0; place < 2 * COLUMNS; place += 1) {
    const x = Math.floor((LEFT + 1.5 + place % COLUMNS) * side);
    const y = Math.floor((TOP + 2.5 + Math.floor(place / COLUMNS)) * side) - top;
    let sum = 0;
    for (let dy = -half; dy < half; dy += 1) {
      for (let dx = -half; dx < half; dx += 1) sum += luma[(y + dy) * stride + x + dx];
    }
    const bit = sum > 125 * 4 * half * half ? 1 : 0;
    if (place < 16) number = number * 2 + bit;
    else check = check * 2 + bit;
  }
  return checksum(number) === check ? number : null;
}

const unpacked = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));

/** Pastes the person into a copy of the room: what hardware/scene.py draws. */
class Scene {
  constructor(parts) {
    Object.assign(this, parts);
    this.room = unpacked(parts.room);
    this.planes = new Uint8Array(this.room.length);
    const pick = (mask, columns, plane, stride) => {
      const places = [];
      const values = [];
      unpacked(mask).forEach((inside, at) => {
        if (!inside) return;
        places.push(Math.floor(at / columns) * stride + (at % columns));
        values.push(plane[at]);
      });
      return { places: Int32Array.from(places), values: Uint8Array.from(values) };
    };
    const { width, columns } = this;
    this.luma = pick(parts.mask_y, columns, unpacked(parts.person_y), width);
    this.u = pick(parts.mask_c, columns / 2, unpacked(parts.person_u), width / 2);
    this.v = pick(parts.mask_c, columns / 2, unpacked(parts.person_v), width / 2);
  }

  /** Draw all but the mark. */
  draw(seconds) {
    const { width, height, planes } = this;
    planes.set(this.room);
    const sway = Math.sin((2 * Math.PI * seconds) / this.period_s);
    const x = Math.floor((width - this.columns) / 2 + (sway * width) / 12) & ~1;
    const y = (height - this.rows) & ~1;
    const paste = ({ places, values }, from) => {
      for (let at = 0; at < places.length; at += 1) planes[from + places[at]] = values[at];
    };
    const chroma = (y / 2) * (width / 2) + x / 2;
    paste(this.luma, y * width + x);
    paste(this.u, width * height + chroma);
    paste(this.v, (width * height * 5) / 4 + chroma);
    return planes;
  }
}

/** A camera of `fps` frames a second; the newest frame wins. */
function stampedCamera(parts, fps) {
  const scene = new Scene(parts);
  const generator = new MediaStreamTrackGenerator({ kind: "video" });
  const writer = generator.writable.getWriter();
  const began = performance.now();
  let frames = 0;
  function tick() {
    const planes = scene.draw(frames / fps);
    // The time at which the picture is there, as it would come from a camera.
    drawMark(planes, scene.width, Math.floor(wall_ms()) % 65536);
    const frame = new VideoFrame(planes, { format: "I420", codedWidth: scene.width,
      codedHeight: scene.height, timestamp: Math.round((frames * 1e6) / fps) });
    if (writer.desiredSize > 0) void writer.write(frame);
    else frame.close();
    frames = Math.max(frames + 1, Math.floor(((performance.now() - began) * fps) / 1000));
    setTimeout(tick, Math.max(0, began + (frames * 1000) / fps - performance.now()));
  }
  tick();
  return generator;
}

/**
 * Read each frame of a track as it was decoded into `call.frames`: [wall ms, number or null, width,
 * height]; none while `call.resting`.
 */
async function readFrames(track, call) {
  const reader = new MediaStreamTrackProcessor({ track }).readable.getReader();
  let luma = new Uint8Array(0);
  for (;;) {
    const { value: frame, done } = await reader.read();
    if (done) return;
    if (call.resting) {
      frame.close();
      continue;
    }
    const at = wall_ms();
    const width = frame.codedWidth;
    const rect = markRect(width);
    const size = frame.allocationSize({ rect });
    if (size > luma.length) luma = new Uint8Array(size);
    const [plane] = await frame.copyTo(luma, { rect });
    call.frames.push([at, readMark(luma.subarray(plane.offset), plane.stride, width), width, frame.codedHeight]);
    frame.close();
  }
}
