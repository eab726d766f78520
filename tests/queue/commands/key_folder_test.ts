import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { readSecretCertificate } from "../../../lib/access/key_files.ts";
import { KeyFileError } from "../../../lib/access/key_files.ts";
import { KeyFolder } from "../../../lib/queue/commands/key_folder.ts";
import { makeKeyPair, publicKeyOf } from "../../../lib/zmq/curve.ts";
import { loadLibrary } from "../../../lib/zmq/library.ts";
import { Folder } from "../../harness/folder.ts";
import { scenario } from "../../harness/scenario.ts";

async function modeOf(path: string): Promise<number> {
  return ((await Deno.stat(path)).mode ?? 0) & 0o777;
}

scenario("KeyFolder.add() makes the folder and the queue's key when there is none", ["ffi", "files"], async () => {
  using folder = new Folder();
  const library = await loadLibrary();
  const path = folder.file("keys");
  const keys = new KeyFolder(library, path);
  const file = await keys.add({ roles: ["worker"], name: "thumb1", publicKey: undefined });
  assertEquals(file, `${path}/thumb1.key`);
  assertEquals(await modeOf(path), 0o700);
  for (const name of ["queue.key", "thumb1.key", "permitted"]) {
    assertEquals(await modeOf(`${path}/${name}`), 0o600, name);
  }
  const certificate = await readSecretCertificate(file!);
  assertEquals(certificate.queueKey, await keys.publicKey());
  assertEquals(publicKeyOf(library, certificate.secretKey), certificate.publicKey);
  assertEquals(await keys.list(), [{ roles: ["worker"], name: "thumb1", publicKey: certificate.publicKey }]);
});

scenario("KeyFolder.add() takes a public key that was made elsewhere", ["ffi", "files"], async () => {
  using folder = new Folder();
  const library = await loadLibrary();
  const keys = new KeyFolder(library, folder.path);
  const { publicKey } = makeKeyPair(library);
  assertEquals(await keys.add({ roles: ["client", "worker"], name: "ops", publicKey }), undefined);
  assertEquals(await keys.list(), [{ roles: ["client", "worker"], name: "ops", publicKey }]);
  await assertRejects(() => keys.add({ roles: ["client"], name: "other", publicKey }), KeyFileError, 'as "ops"');
});

scenario("KeyFolder never overwrites a key", ["ffi", "files"], async () => {
  using folder = new Folder();
  const keys = new KeyFolder(await loadLibrary(), folder.path);
  const before = await keys.create();
  await assertRejects(() => keys.create(), KeyFileError, "never overwritten");
  await keys.add({ roles: ["worker"], name: "a", publicKey: undefined });
  await assertRejects(() => keys.add({ roles: ["client"], name: "a", publicKey: undefined }), KeyFileError, "the name");
  await keys.remove("a");
  // Its certificate is still there.
  await assertRejects(() => keys.add({ roles: ["client"], name: "a", publicKey: undefined }), KeyFileError, "a.key");
  assertEquals(await keys.publicKey(), before);
});

scenario("KeyFolder.remove() keeps comments and other keys", ["ffi", "files"], async () => {
  using folder = new Folder();
  const keys = new KeyFolder(await loadLibrary(), folder.path);
  await keys.add({ roles: ["worker"], name: "a", publicKey: undefined });
  await keys.add({ roles: ["worker"], name: "b", publicKey: undefined });
  const list = `${folder.path}/permitted`;
  const [key] = await keys.list();
  await Deno.writeTextFile(list, `# was ${key!.publicKey}\n${await Deno.readTextFile(list)}`);
  await keys.remove("a");
  assertEquals((await keys.list()).map(({ name }) => name), ["b"]);
  assertStringIncludes(await Deno.readTextFile(list), `# was ${key!.publicKey}\n`);
  await assertRejects(() => keys.remove("a"), KeyFileError, "has no key of that name; it has: b");
});

scenario("KeyFolder.add() works with a list that does not end with a line feed", ["ffi", "files"], async () => {
  using folder = new Folder();
  const keys = new KeyFolder(await loadLibrary(), folder.path);
  await keys.create();
  await Deno.writeTextFile(`${folder.path}/permitted`, "# mine");
  await keys.add({ roles: ["client"], name: "a", publicKey: undefined });
  assertEquals((await keys.list()).length, 1);
});
