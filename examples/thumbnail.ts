/**
 * Makes thumbnails: the request is an image (PNG, JPEG, GIF, BMP, TIFF), the reply a JPEG of at most 256 x 256 pixels.
 *
 * @module
 */

// jimp: reads and scales all these in JavaScript alone, so that the worker needs no library of the system.
// @ts-types="./jimp.d.ts"
import { Jimp } from "jimp";
import type { Frames } from "../worker.ts";
import { runWorker } from "./run_worker.ts";

const MAX_SIDE = 256;
const QUALITY = 80;

/** Makes a thumbnail; what is no image is refused by an error, which hands the request back. */
export async function thumbnail([image]: Frames): Promise<Frames> {
  if (image === undefined) throw new TypeError("There is no image in the request");
  const picture = await Jimp.read(image.slice().buffer);
  if (Math.max(picture.width, picture.height) > MAX_SIDE) picture.scaleToFit({ w: MAX_SIDE, h: MAX_SIDE });
  return [new Uint8Array(await picture.getBuffer("image/jpeg", { quality: QUALITY }))];
}

if (import.meta.main) await runWorker(thumbnail);
