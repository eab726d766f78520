/**
 * Certificates for TLS in tests, made by `openssl`.
 *
 * @module
 */

import { assert } from "@std/assert";
import type { Folder } from "./folder.ts";

/** The files of a certificate and its secret key. */
export interface CertificateFiles {
  /** The certificate. */
  readonly cert: string;
  /** Its key. */
  readonly key: string;
}

/**
 * Makes a certificate authority, and certificates for a server and a queue that it has signed. Needs `openssl`.
 *
 * @param folder Where to.
 */
export async function makeCertificates(
  folder: Folder,
): Promise<{ readonly ca: string; readonly server: CertificateFiles; readonly queue: CertificateFiles }> {
  const ca = await makeCertificate(folder, "ca", ["-addext", "basicConstraints=critical,CA:TRUE"]);
  const signed = ["-CA", ca.cert, "-CAkey", ca.key, "-addext", "basicConstraints=critical,CA:FALSE"];
  const server = await makeCertificate(folder, "server", [...signed, "-addext", FOR_THIS_MACHINE]);
  return { ca: ca.cert, server, queue: await makeCertificate(folder, "queue", signed) };
}

const FOR_THIS_MACHINE = "subjectAltName=DNS:localhost,IP:127.0.0.1";

const P_256 = ["ec", "-pkeyopt", "ec_paramgen_curve:P-256"];

/**
 * Makes a certificate with its key. Needs `openssl`.
 *
 * @param folder Where to.
 * @param name Its subject, and the name of its files.
 * @param args Further arguments of `openssl req`.
 * @param kind The kind of key, in the notation of `openssl req -newkey`.
 * @default P-256
 */
export async function makeCertificate(
  folder: Folder,
  name: string,
  args: readonly string[] = [],
  kind: readonly string[] = P_256,
): Promise<CertificateFiles> {
  const [cert, key] = [folder.file(`${name}.pem`), folder.file(`${name}.key`)];
  const { success, stderr } = await new Deno.Command("openssl", {
    args: ["req", "-x509", "-newkey", ...kind, "-nodes", "-days", "2"].concat(
      ["-keyout", key, "-out", cert, "-subj", `/CN=${name}`, ...args],
    ),
  }).output();
  assert(success, new TextDecoder().decode(stderr));
  return { cert, key };
}
