/**
 * Reads the files that the link's options name. Only a linked queue loads this module.
 *
 * @module
 */

import type { Buffer } from "node:buffer";
import { createPrivateKey, createPublicKey, type KeyObject, X509Certificate } from "node:crypto";
import { readSecretFile } from "../../access/key_files.ts";
import { fileReason } from "../../system_error.ts";
import { type LinkConfig, LinkError } from "./config.ts";
import type { ClientCertificate } from "./node_connections.ts";
import { credsAuthenticator } from "@nats-io/nats-core";

/** The contents of the files. */
export interface LinkSecrets {
  /** The content of a file made by `nsc`. */
  readonly creds?: Uint8Array<ArrayBuffer>;
  /** A user name. */
  readonly user?: string;
  /** The user's password. */
  readonly pass?: string;
  /** A token. */
  readonly token?: string;
  /** CA certificates in PEM form. */
  readonly ca?: string;
  /** The queue's client certificate. */
  readonly certificate?: ClientCertificate;
}

/**
 * Reads the files that the options name.
 *
 * @param config The link's configuration.
 * @throws {LinkError} When a file cannot be used.
 * @throws {KeyFileError} When the credentials or the certificate's key cannot be read, or others can read them.
 */
export async function readLinkFiles({ creds, ca, certificate }: LinkConfig): Promise<LinkSecrets> {
  return {
    ...(creds === undefined ? {} : readCredentials(await readSecretFile(creds, "credentials file"), creds)),
    ...(ca === undefined ? {} : { ca: await readAuthorities(ca) }),
    ...(certificate === undefined ? {} : { certificate: await readCertificate(certificate) }),
  };
}

async function readCertificate(
  { certPath, keyPath }: NonNullable<LinkConfig["certificate"]>,
): Promise<ClientCertificate> {
  const cert = await readText(certPath, "natsCert");
  const key = await readSecretFile(keyPath);
  if (!isCertificate(cert)) {
    throw new LinkError(`Cannot use "${certPath}" as certificate for NATS: it must be a certificate in PEM form`);
  }
  if (key.includes("ENCRYPTED")) {
    throw new LinkError(`Cannot use "${keyPath}" as key for NATS: it has a passphrase; "openssl pkey" removes it`);
  }
  if (!/-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----/.test(key)) {
    throw new LinkError(`Cannot use "${keyPath}" as key for NATS: it must be a secret key in PEM form`);
  }
  const ofCert = publicKeyOf(() => new X509Certificate(cert).publicKey);
  const ofKey = publicKeyOf(() => createPublicKey(createPrivateKey(key)));
  if (ofCert !== undefined && ofKey !== undefined && !ofKey.equals(ofCert)) {
    throw new LinkError(`Cannot use "${keyPath}" as key for NATS: it does not belong to the certificate "${certPath}"`);
  }
  return { cert, key };
}

async function readAuthorities(path: string): Promise<string> {
  const text = await readText(path, "natsCa");
  const certificates = text.match(/-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----/gs) ?? [];
  if (certificates.length > 0 && certificates.every(isCertificate)) return text;
  throw new LinkError(`Cannot use "${path}" to check NATS servers: it must have certificates in PEM form`);
}

function isCertificate(pem: string): boolean {
  try {
    new X509Certificate(pem);
    return true;
  } catch {
    return false;
  }
}

/**
 * A public key's bytes; `undefined` if it cannot be read. Some versions of Deno cannot read every kind that TLS supports,
 * such as Ed25519 in a certificate.
 */
function publicKeyOf(read: () => KeyObject): Buffer | undefined {
  try {
    return read().export({ type: "spki", format: "der" });
  } catch {
    return undefined;
  }
}

function readCredentials(text: string, path: string): LinkSecrets {
  if (text.includes("-----BEGIN ")) {
    const creds = new TextEncoder().encode(text);
    try {
      credsAuthenticator(creds)("");
    } catch {
      throw new LinkError(
        `Cannot use "${path}" as credentials for NATS: it does not have what nsc writes, a user's JWT and its seed`,
      );
    }
    return { creds };
  }
  const line = text.trim();
  if (line === "" || line.includes("\n")) {
    throw new LinkError(
      `Cannot use "${path}" as credentials for NATS: it must be a file that nsc made, or one line, USER:PASSWORD or a token`,
    );
  }
  const colon = line.indexOf(":");
  return colon < 0 ? { token: line } : { user: line.slice(0, colon), pass: line.slice(colon + 1) };
}

async function readText(path: string, name: string): Promise<string> {
  try {
    return await Deno.readTextFile(path);
  } catch (error) {
    throw new LinkError(`Cannot read "${path}" (${name}): ${fileReason(error)}`, { cause: error });
  }
}
