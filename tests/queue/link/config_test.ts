import { assertEquals, assertThrows } from "@std/assert";
import { LINK_OPTIONS, linkConfig, LinkError, type LinkOptions } from "../../../lib/queue/link/config.ts";
import { readOptions } from "../../../lib/option.ts";

function configOf(options: LinkOptions, hasKeys = false) {
  return linkConfig(readOptions(LINK_OPTIONS, options, "startQueue()"), hasKeys);
}

Deno.test("linkConfig() reads servers, with and without scheme and port", () => {
  assertEquals(configOf({}), undefined);
  const nats = ["nats://a", "tls://b.example:4333", "10.1.0.7:5000", "[fd00::1]:4222", "nats://c:80/"];
  assertEquals(configOf({ nats })?.servers, [
    { address: "a:4222", isTls: false },
    { address: "b.example:4333", isTls: true },
    { address: "10.1.0.7:5000", isTls: false },
    { address: "[fd00::1]:4222", isTls: false },
    { address: "c:80", isTls: false },
  ]);
  for (const wrong of ["", "http://a", "nats://", "nats://a b", "nats://a:99999", "nats://a/path"]) {
    assertThrows(() => configOf({ nats: wrong }), RangeError, "it must be like nats://HOST:PORT");
  }
  assertThrows(() => configOf({ nats: "a", natsName: "a.b" }), RangeError, "letters, digits");
});

Deno.test("linkConfig() refuses a password in a URL without repeating it", () => {
  const error = assertThrows(() => configOf({ nats: "nats://me:secret@host" }), RangeError, "--nats-creds");
  assertEquals(error.message.includes("secret"), false, error.message);
});

Deno.test("linkConfig() refuses remote servers without TLS when peers need keys, unless that is allowed", () => {
  assertThrows(() => configOf({ nats: "nats://10.1.0.7" }, true), LinkError, "--nats-plaintext");
  for (const nats of ["nats://127.0.0.1", "nats://localhost", "tls://10.1.0.7"]) configOf({ nats }, true);
  configOf({ nats: "nats://10.1.0.7", natsPlaintext: true }, true);
  // Where the others of a cluster are is not known.
  assertEquals(configOf({ nats: "nats://127.0.0.1" }, true)?.followsCluster, false);
  assertEquals(configOf({ nats: "nats://127.0.0.1" })?.followsCluster, true);
});

Deno.test("linkConfig() accepts a certificate and its key only together", () => {
  const { certificate } = configOf({ nats: "a", natsCert: "c", natsKey: "k" })!;
  assertEquals(certificate, { certPath: "c", keyPath: "k" });
  assertEquals(configOf({ nats: "a" })?.certificate, undefined);
  assertThrows(() => configOf({ nats: "a", natsCert: "c" }), LinkError, "name the other file with --nats-key");
  assertThrows(() => configOf({ natsKey: "k" }), LinkError, "name the other file with --nats-cert");
});
