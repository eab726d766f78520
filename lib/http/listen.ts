/**
 * Listens for HTTP, and refuses to serve other machines without a token.
 *
 * @module
 */

import { formatHttpAddress, type HttpAddress, isLocal } from "./address.ts";
import { HttpListenError, HttpServer } from "./server.ts";
import { readToken } from "./token.ts";

/**
 * Listens. Until {@linkcode HttpServer.serve}, every request is answered with 503.
 *
 * @param addresses Where to listen.
 * @param tokenFile The file of the token that requests over TCP need; `undefined`: they need none.
 * @returns The server, and the token.
 * @throws {HttpListenError} When an address cannot be used, or needs a token.
 * @throws {KeyFileError} When the token file cannot be used.
 */
export async function listenForHttp(
  addresses: readonly HttpAddress[],
  tokenFile: string | undefined,
): Promise<{ readonly server: HttpServer; readonly token: string | undefined }> {
  const open = addresses.find((address) => !isLocal(address));
  if (open !== undefined && tokenFile === undefined) {
    throw new HttpListenError(
      `Cannot listen for HTTP on "${formatHttpAddress(open)}" without a token, since other machines can reach it: ` +
        "name a token file with --http-token-file",
      "HTTP_TOKEN_FILE",
    );
  }
  const token = tokenFile === undefined ? undefined : await readToken(tokenFile);
  return { server: await HttpServer.listen(addresses), token };
}
