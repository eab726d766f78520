import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { formatCertificate } from "../../lib/access/certificate.ts";
import { createSecretFile, KeyFileError } from "../../lib/access/key_files.ts";
import { checkKeyOption, readPeerKey } from "../../lib/access/peer_key.ts";
import { LazyPirate } from "../../client.ts";
import { Folder } from "../harness/folder.ts";
import { scenario } from "../harness/scenario.ts";

const [publicKey, secretKey, queueKey] = ["p", "s", "q"].map((letter) => letter.repeat(40)) as [string, string, string];
const TEXT = formatCertificate({ title: "test", publicKey, secretKey, queueKey });

scenario("readPeerKey() reads a file", ["files"], async () => {
  using folder = new Folder();
  await createSecretFile(folder.file("a.key"), TEXT);
  assertEquals(await readPeerKey(folder.file("a.key")), { publicKey, secretKey, serverKey: queueKey });
  await createSecretFile(folder.file("b.key"), TEXT.replace(/ *queue-key.*/, ""));
  await assertRejects(() => readPeerKey(folder.file("b.key")), KeyFileError, "it does not name the queue");
});

Deno.test("readPeerKey() reads a text, and never shows it when it is wrong", async () => {
  assertEquals(await readPeerKey({ certificate: TEXT }), { publicKey, secretKey, serverKey: queueKey });
  for (const wrong of [TEXT.replace(secretKey, "s".repeat(39)), TEXT.replace(/ *queue-key.*/, ""), "nothing"]) {
    const error = await assertRejects(() => readPeerKey({ certificate: wrong }), KeyFileError, "Cannot use option key");
    assertEquals(error.message.includes("sss"), false);
  }
});

Deno.test("checkKeyOption() throws a TypeError without the value when it is of the wrong type", () => {
  for (const right of [undefined, "a.key", { certificate: TEXT }]) checkKeyOption(right);
  for (const wrong of [7, null, {}, { certificate: 7 }]) {
    assertThrows(() => checkKeyOption(wrong), TypeError, "Option key");
  }
});

Deno.test("Deno.inspect() shows no secret of a client", () => {
  const client = new LazyPirate({ key: { certificate: TEXT } });
  assertEquals(Deno.inspect(client, { depth: 100, showHidden: true }).includes(secretKey), false);
});
