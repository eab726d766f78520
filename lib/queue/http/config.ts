/**
 * The options of the queue's HTTP side.
 *
 * @module
 */

import type { Option, OptionValues } from "../../option.ts";
import { checkedHttpAddress, type HttpAddress, parseHttpAddress } from "../../http/address.ts";

/** Descriptors reserved for HTTP connections: the most connections that there may be. */
export const HTTP_DESCRIPTORS = 64;

/** Three days, in milliseconds: a longer pause has probably been forgotten. */
const MAX_PAUSE_MS = 3 * 86_400_000;

/** The length of a pause. */
export const PAUSE_FOR = {
  kind: "duration",
  defaultValue: undefined,
  min: 1,
  max: MAX_PAUSE_MS,
} as const satisfies Option;

/** The options; {@linkcode HttpOptions} describes each. */
export const HTTP_OPTIONS = {
  http: { kind: "texts", defaultValue: undefined, parse: checkedHttpAddress },
  httpTokenFile: { kind: "text", defaultValue: undefined },
  httpHost: { kind: "texts", defaultValue: undefined, parse: checkedName },
  httpActions: { kind: "switch", defaultValue: false },
} as const satisfies Record<keyof HttpOptions, Option>;

/** What the queue serves over HTTP: status, metrics, health. */
export interface HttpOptions {
  /**
   * Where it listens: an address such as `"127.0.0.1:5557"` or `"unix:/run/spqueue/http.sock"`, or a list of them.
   *
   * @default nowhere
   */
  readonly http?: string | readonly string[] | undefined;
  /**
   * A file with the token that requests over TCP must bring, as `Authorization: Bearer TOKEN`. Addresses that other machines
   * reach need one.
   *
   * @default no token is needed
   */
  readonly httpTokenFile?: string | undefined;
  /**
   * Names by which browsers may reach it without a token, besides `localhost` and addresses.
   *
   * @default none
   */
  readonly httpHost?: string | readonly string[] | undefined;
  /**
   * Whether it obeys `/pause`, `/resume` and `/drain`.
   *
   * @default false
   */
  readonly httpActions?: boolean;
}

/** How the HTTP side runs. */
export interface HttpConfig {
  /** Where it listens. */
  readonly addresses: readonly HttpAddress[];
  /** Names in Host that are answered without a token. */
  readonly hosts: readonly string[];
  /** The file of the token. */
  readonly tokenFile: string | undefined;
  /** Whether it obeys commands. */
  readonly obeys: boolean;
}

/**
 * Reads the options.
 *
 * @param options The options.
 * @returns How it runs; `undefined`: not at all.
 */
export function httpConfig(options: OptionValues<typeof HTTP_OPTIONS>): HttpConfig | undefined {
  const { http, httpTokenFile, httpHost = [], httpActions } = options;
  if (http === undefined) return undefined;
  return { addresses: http.map(parseHttpAddress), hosts: httpHost, tokenFile: httpTokenFile, obeys: httpActions };
}

function checkedName(text: string): string {
  if (/^[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?$/.test(text)) return text;
  throw new RangeError('it must be a name such as "queue.example", without a port');
}
