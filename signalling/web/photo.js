/** A photo of an identity card: made small here, sent in parts. */

const MAX_SIDE_PX = 1600;
/** What is larger than any camera makes is not opened: a phone would run out of memory. */
const MAX_FILE_BYTES = 40 * 1024 * 1024;
/** A slow network carries this in some seconds; a picture that stays larger is sent all the same. */
const WISHED_BYTES = 400 * 1024;
/** What the hub takes. */
const MAX_PHOTO_BYTES = 2 * 1024 * 1024;
const QUALITIES = [0.85, 0.7, 0.5, 0.3];
/** A multiple of three, so that only the last part is padded. The hub takes no longer part. */
export const PART_BYTES = 33_000;

/** The file cannot be used; `fault` says why. */
export class PhotoError extends Error {
  /** @param {"photo-type"|"photo-size"} fault */
  constructor(fault) {
    super(fault);
    this.fault = fault;
  }
}

/**
 * The size to draw a picture at.
 *
 * @param {number} width
 * @param {number} height
 */
export function fitted(width, height) {
  const scale = Math.min(1, MAX_SIDE_PX / Math.max(width, height));
  return { width: Math.max(1, Math.round(width * scale)), height: Math.max(1, Math.round(height * scale)) };
}

/**
 * The picture as a JPEG that the hub takes, without what the camera wrote into the file.
 *
 * @param {File} file
 * @returns {Promise<Uint8Array>}
 * @throws {PhotoError}
 */
export async function shrink(file) {
  if (file.size > MAX_FILE_BYTES) throw new PhotoError("photo-size");
  // What the browser can show is a picture, whatever its name says.
  const bitmap = await createImageBitmap(file).catch(() => {
    throw new PhotoError("photo-type");
  });
  const canvas = Object.assign(document.createElement("canvas"), fitted(bitmap.width, bitmap.height));
  const drawing = canvas.getContext("2d");
  if (drawing === null) throw new PhotoError("photo-size");
  drawing.fillStyle = "#fff"; // a transparent picture would turn black
  drawing.fillRect(0, 0, canvas.width, canvas.height);
  drawing.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  bitmap.close();
  /** @type {Blob|null} */
  let blob = null;
  for (const quality of QUALITIES) {
    blob = await new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", quality));
    if (blob !== null && blob.size <= WISHED_BYTES) break;
  }
  if (blob === null || blob.size > MAX_PHOTO_BYTES) throw new PhotoError("photo-size");
  return new Uint8Array(await blob.arrayBuffer());
}

/**
 * The parts of a photo in base64, in order.
 *
 * @param {Uint8Array} bytes
 */
export function partsOf(bytes) {
  const parts = [];
  for (let at = 0; at < bytes.length; at += PART_BYTES) {
    const letters = Array.from(bytes.subarray(at, at + PART_BYTES), (byte) => String.fromCharCode(byte));
    parts.push(btoa(letters.join("")));
  }
  return parts;
}
