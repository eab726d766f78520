/**
 * The options of the link between queues, and the files that they name.
 *
 * @module
 */

import { isReachableFromOutside } from "../../endpoint.ts";
import type { Option, OptionValues } from "../../option.ts";

/** A queue cannot be linked as the options say; the message says what to do. */
export class LinkError extends Error {
  /** The class's name. */
  override readonly name = "LinkError";
  /** A stable word for programs. */
  readonly code = "LINK";
}

/** The options; {@linkcode LinkOptions} says what each one does. */
export const LINK_OPTIONS = {
  nats: { kind: "texts", defaultValue: undefined, parse: checkServer },
  natsName: { kind: "text", defaultValue: "default", parse: checkName },
  natsCreds: { kind: "text", defaultValue: undefined },
  natsCa: { kind: "text", defaultValue: undefined },
  natsPlaintext: { kind: "switch", defaultValue: false },
} as const satisfies Record<keyof LinkOptions, Option>;

/** How queues are linked. Without `nats` a queue works alone. */
export interface LinkOptions {
  /**
   * NATS servers through which this queue and others lend each other their idle workers, such as `"nats://10.1.0.7:4222"` or
   * `"tls://nats.example.com"`: one or several of a cluster.
   *
   * @default none
   */
  readonly nats?: string | readonly string[] | undefined;
  /**
   * Only queues with the same name are linked: letters, digits, `-` and `_`.
   *
   * @default "default"
   */
  readonly natsName?: string;
  /**
   * A file with the credentials for NATS: one that `nsc` made, or one line, `USER:PASSWORD` or a token.
   *
   * @default none
   */
  readonly natsCreds?: string | undefined;
  /**
   * A file with certificates in PEM form that NATS servers' certificates may be signed with, besides those of the system.
   *
   * @default none
   */
  readonly natsCa?: string | undefined;
  /**
   * Whether a queue with `keys` may be linked through servers on other machines without TLS, where bodies can be read on the
   * way.
   *
   * @default false
   */
  readonly natsPlaintext?: boolean;
}

/** How a queue is linked. */
export interface LinkConfig {
  /** Servers, without credentials. */
  readonly servers: readonly NatsServer[];
  /** The name of the link. */
  readonly name: string;
  /** The file with the credentials. */
  readonly creds: string | undefined;
  /** The file with certificates. */
  readonly ca: string | undefined;
  /** Whether it also connects to servers that these tell it of. Where they may be is not known. */
  readonly followsCluster: boolean;
}

/** Where a NATS server is. */
export interface NatsServer {
  /** `host:port`. */
  readonly address: string;
  /** Whether it must speak TLS. */
  readonly isTls: boolean;
}

const DEFAULT_PORT = 4222;

function checkName(text: string): string {
  if (/^[A-Za-z0-9_-]{1,64}$/.test(text)) return text;
  throw new RangeError("it must be at most 64 letters, digits, hyphens and underscores");
}

/**
 * Reads the options.
 *
 * @param options The options.
 * @param hasKeys Whether the queue's own peers need keys.
 * @returns How the queue is linked; `undefined`: it is not.
 * @throws {LinkError} When they do not fit together.
 */
export function linkConfig(options: OptionValues<typeof LINK_OPTIONS>, hasKeys: boolean): LinkConfig | undefined {
  const { nats, natsName, natsCreds, natsCa, natsPlaintext } = options;
  if (nats === undefined) return undefined;
  const servers = nats.map(parseServer);
  const exposed = servers.find(({ address, isTls }) => !isTls && isReachableFromOutside(`tcp://${address}`));
  if (hasKeys && exposed !== undefined && !natsPlaintext) {
    throw new LinkError(
      `Cannot link a queue with keys through "nats://${exposed.address}": what the keys protect would cross the network ` +
        `unencrypted. Write "tls://${exposed.address}", or allow it with --nats-plaintext (natsPlaintext)`,
    );
  }
  const followsCluster = !hasKeys || natsPlaintext || servers.some(({ isTls }) => isTls);
  return { servers, name: natsName, creds: natsCreds, ca: natsCa, followsCluster };
}

function checkServer(text: string): string {
  parseServer(text);
  return text;
}

function parseServer(text: string): NatsServer {
  const match = /^(?:(nats|tls):\/\/)?([^/?#]+)\/?$/.exec(text);
  const [, scheme = "nats", authority = ""] = match ?? [];
  if (text.includes("@")) {
    throw new RangeError(
      "others could read a password in the list of processes; write USER:PASSWORD into a file, and name it with " +
        "--nats-creds (natsCreds)",
    );
  }
  const url = match === null ? null : URL.parse(`http://${authority}`);
  if (url === null || url.hostname === "") throw new RangeError("it must be like nats://HOST:PORT or tls://HOST:PORT");
  const port = /:(\d+)$/.exec(authority)?.[1] ?? DEFAULT_PORT;
  return { address: `${url.hostname}:${port}`, isTls: scheme === "tls" };
}

/** What the files come to. */
export interface LinkSecrets {
  /** A file that `nsc` made. */
  readonly creds?: Uint8Array<ArrayBuffer>;
  /** A user and a password. */
  readonly user?: string;
  /** Its password. */
  readonly pass?: string;
  /** A token. */
  readonly token?: string;
  /** Certificates. */
  readonly ca?: string;
}

/**
 * Reads the files that the options name.
 *
 * @param config How the queue is linked.
 * @throws {LinkError} When a file cannot be used.
 */
export async function readLinkFiles({ creds, ca }: LinkConfig): Promise<LinkSecrets> {
  return {
    ...(creds === undefined ? {} : readCredentials(await readText(creds, "natsCreds"), creds)),
    ...(ca === undefined ? {} : { ca: await readText(ca, "natsCa") }),
  };
}

function readCredentials(text: string, path: string): LinkSecrets {
  if (text.includes("-----BEGIN ")) return { creds: new TextEncoder().encode(text) };
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
    throw new LinkError(`Cannot read "${path}" (${name}): ${(error as Error).message}`, { cause: error });
  }
}
