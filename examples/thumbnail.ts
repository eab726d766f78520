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

/** Makes a thumbnail. What is not an image gets a reply that says so: handed back, it would fail at every worker. */
export async function thumbnail([image = new Uint8Array()]: Frames): Promise<Frames> {
  const picture = await Jimp.read(image.slice().buffer).catch((error: Error) => error);
  if (picture instanceof Error) return [new TextEncoder().encode(`error: not an image: ${picture.message}`)];
  if (Math.max(picture.width, picture.height) > MAX_SIDE) picture.scaleToFit({ w: MAX_SIDE, h: MAX_SIDE });
  return [new Uint8Array(await picture.getBuffer("image/jpeg", { quality: QUALITY }))];
}

if (import.meta.main) await runWorker(thumbnail);
