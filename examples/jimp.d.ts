// The part of jimp that is used: its own types bring in those of Node, which change what setTimeout() returns everywhere.

/** An image. */
export class Jimp {
  /** Makes an image of one colour, 0xRRGGBBAA. */
  constructor(options: { readonly width: number; readonly height: number; readonly color: number });
  /** Reads an image file, whatever its format; rejects when it is none. */
  static read(file: ArrayBuffer): Promise<Jimp>;
  readonly width: number;
  readonly height: number;
  /** The format it was read from, such as `image/png`. */
  readonly mime?: string;
  /** Scales it to the largest size that fits. */
  scaleToFit(options: { readonly w: number; readonly h: number }): this;
  /** Writes an image file. */
  getBuffer(mime: string, options?: { readonly quality: number }): Promise<Uint8Array>;
}
