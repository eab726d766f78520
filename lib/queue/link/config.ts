/**
 * The options of the link to other queues.
 *
 * @module
 */

import { isReachableFromOutside } from "../../endpoint.ts";
import type { Option, OptionValues } from "../../option.ts";

/** The options of the link cannot be used; the message says what to do. */
export class LinkError extends Error {
  /** The class's name. */
  override readonly name = "LinkError";
  /** A stable code for programs. */
  readonly code = "LINK";
}

/** The options; {@linkcode LinkOptions} describes each. */
export const LINK_OPTIONS = {
  nats: { kind: "texts", defaultValue: undefined, parse: checkServer },
  natsName: { kind: "text", defaultValue: "default", parse: checkName },
  natsCreds: { kind: "text", defaultValue: undefined },
  natsCa: { kind: "text", defaultValue: undefined },
  natsCert: { kind: "text", defaultValue: undefined },
  natsKey: { kind: "text", defaultValue: undefined },
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
   * A file with the credentials for NATS, which others cannot read: one that `nsc` made, or one line, `USER:PASSWORD` or a
   * token.
   *
   * @default none
   */
  readonly natsCreds?: string | undefined;
  /**
   * A file with CA certificates in PEM form to trust for NATS servers, besides those of the system.
   *
   * @default none
   */
  readonly natsCa?: string | undefined;
  /**
   * A file with the certificate, in PEM form, that this queue shows to NATS servers that ask for one; behind it may be those
   * that it was signed with. Needs `natsKey`.
   *
   * @default none
   */
  readonly natsCert?: string | undefined;
  /**
   * A file with the certificate's secret key, in PEM form and without a passphrase, which others cannot read.
   *
   * @default none
   */
  readonly natsKey?: string | undefined;
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
  /** The servers, without credentials. */
  readonly servers: readonly NatsServer[];
  /** The name of the link. */
  readonly name: string;
  /** The file with the credentials. */
  readonly creds: string | undefined;
  /** The file with certificates. */
  readonly ca: string | undefined;
  /** The files with the client certificate and its key. */
  readonly certificate: { readonly certPath: string; readonly keyPath: string } | undefined;
  /** Whether it also connects to servers that it learns of from these. They may be on any network. */
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
 * @returns The link's configuration; `undefined`: the queue is not linked.
 * @throws {LinkError} When the options contradict each other.
 */
export function linkConfig(options: OptionValues<typeof LINK_OPTIONS>, hasKeys: boolean): LinkConfig | undefined {
  const { nats, natsName, natsCreds, natsCa, natsCert, natsKey, natsPlaintext } = options;
  if ((natsCert === undefined) !== (natsKey === undefined)) {
    const [given, missing] = natsKey === undefined
      ? ["--nats-cert (natsCert)", "--nats-key (natsKey)"]
      : ["--nats-key (natsKey)", "--nats-cert (natsCert)"];
    throw new LinkError(`Cannot use ${given} alone: name the other file with ${missing}`);
  }
  if (nats === undefined) return undefined;
  const certificate = natsCert === undefined ? undefined : { certPath: natsCert, keyPath: natsKey! };
  const servers = nats.map(parseServer);
  const exposed = servers.find(({ address, isTls }) => !isTls && isReachableFromOutside(`tcp://${address}`));
  if (hasKeys && exposed !== undefined && !natsPlaintext) {
    throw new LinkError(
      `Cannot link a queue with keys through "nats://${exposed.address}": what the keys protect would cross the network ` +
        `unencrypted. Write "tls://${exposed.address}", or allow it with --nats-plaintext (natsPlaintext)`,
    );
  }
  const followsCluster = !hasKeys || natsPlaintext || servers.some(({ isTls }) => isTls);
  return { servers, name: natsName, creds: natsCreds, ca: natsCa, certificate, followsCluster };
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
