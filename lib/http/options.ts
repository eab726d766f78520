/**
 * HTTP options that several programs share.
 *
 * @module
 */

import type { OptionDescription } from "../cli/program.ts";

/** The heading of the HTTP options in `--help`. */
export const HTTP_GROUP = "Status and metrics over HTTP, see docs/operating.md";

/** `--http-token-file`, for servers and clients. */
export const HTTP_TOKEN_OPTION = {
  kind: "text",
  defaultValue: undefined,
  help: "The file with the token for requests over TCP. Required for addresses that other machines can reach.",
  placeholder: "FILE",
  variable: "SPQ_HTTP_TOKEN_FILE",
  sharesVariable: true,
} as const satisfies OptionDescription;
