// deno-lint-ignore-file explicit-module-boundary-types -- plain JavaScript, which Node runs
import { readFileSync } from "node:fs";

/** The options of a socket that uses a key file, as `spqueue key add` wrote it; without one there are none. */
export function keyOptions(path) {
  if (path === undefined) return {};
  const text = readFileSync(path, "utf8");
  const valueOf = (name) => new RegExp(`^ *${name} = "(.*)"$`, "m").exec(text)[1];
  return {
    curvePublicKey: valueOf("public-key"),
    curveSecretKey: valueOf("secret-key"),
    curveServerKey: valueOf("queue-key"),
  };
}
