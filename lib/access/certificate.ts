/**
 * Certificates: CURVE keys in the file format of czmq and pyzmq (ZPL), so that peers in any language can read our
 * certificates, and we can read theirs.
 *
 * @module
 */

/** Characters of a key in Z85 (ZeroMQ RFC 32): 32 bytes, 5 characters for each 4. */
const KEY_CHARACTERS = 40;
const Z85_KEY = /^[0-9a-zA-Z.\-:+=^!/*?&<>()[\]{}@%$#]{40}$/;

/** The keys of one party. */
export interface Certificate {
  /** Its public key, 40 characters of Z85. */
  readonly publicKey: string;
  /** Its secret key, 40 characters of Z85; `undefined` in a public certificate. */
  readonly secretKey: string | undefined;
  /** The public key of the queue that it belongs to, in a worker's or client's certificate. */
  readonly queueKey: string | undefined;
}

/** What {@linkcode formatCertificate} writes. */
export interface CertificateText extends Certificate {
  /** What the certificate is for, shown in its first comment. */
  readonly title: string;
}

/**
 * Whether a text is a CURVE key in Z85.
 *
 * @param text The text.
 */
export function isKey(text: string): boolean {
  return Z85_KEY.test(text);
}

/**
 * Reads a certificate.
 *
 * @param text The file's text: sections and `name = "value"` lines; a line that begins with `#` is a comment.
 * @returns Its keys.
 * @throws {RangeError} When there is no public key, or a key is not valid Z85. The message never contains a secret key.
 */
export function parseCertificate(text: string): Certificate {
  const values = new Map<string, string>();
  for (const line of text.split(/\r?\n/)) {
    // As in czmq and pyzmq, the section does not matter, because the names are unique.
    const [, name, value] = /^\s*([a-z-]+)\s*=\s*["']?(.*?)["']?\s*$/.exec(line) ?? [];
    if (name !== undefined && value !== undefined && !values.has(name)) values.set(name, value);
  }
  const publicKey = keyNamed("public-key", values);
  if (publicKey === undefined) throw new RangeError("it has no public-key line, so it is not a CURVE certificate");
  return { publicKey, secretKey: keyNamed("secret-key", values), queueKey: keyNamed("queue-key", values) };
}

function keyNamed(name: string, values: ReadonlyMap<string, string>): string | undefined {
  const value = values.get(name);
  if (value === undefined || isKey(value)) return value;
  throw new RangeError(
    `its ${name} is not a key: a key has ${KEY_CHARACTERS} characters of Z85, this has ${value.length}`,
  );
}

/**
 * Writes a certificate that czmq and pyzmq can read.
 *
 * @param certificate The keys, and what they are for.
 * @returns The file's text.
 */
export function formatCertificate({ title, publicKey, secretKey, queueKey }: CertificateText): string {
  const warning = secretKey === undefined ? [] : ["#   Keep this file secret: whoever has it is let in."];
  const metadata = queueKey === undefined ? [] : [`    queue-key = "${queueKey}"`];
  const secret = secretKey === undefined ? [] : [`    secret-key = "${secretKey}"`];
  const lines = [
    `#   ${title}`,
    "#   ZeroMQ CURVE certificate",
    ...warning,
    "",
    "metadata",
    ...metadata,
    "curve",
    `    public-key = "${publicKey}"`,
    ...secret,
  ];
  return lines.join("\n") + "\n";
}
