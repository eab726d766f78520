/**
 * Listens for HTTP, and sees to it that other machines need a token.
 *
 * @module
 */

import { formatHttpAddress, type HttpAddress, isLocal } from "./address.ts";
import { HttpListenError, HttpServer } from "./server.ts";
import { readToken } from "./token.ts";

/**
 * Listens. Nothing is answered before {@linkcode HttpServer.serve}.
 *
 * @param addresses Where.
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
      `Cannot listen for HTTP on "${formatHttpAddress(open)}" without a token, since other machines reach it: ` +
        "name a file with one by --http-token-file",
      "HTTP_TOKEN_FILE",
    );
  }
  const token = tokenFile === undefined ? undefined : await readToken(tokenFile);
  return { server: await HttpServer.listen(addresses), token };
}
