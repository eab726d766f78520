import { assertEquals, assertRejects } from "@std/assert";
import { formatCertificate } from "../../lib/access/certificate.ts";
import {
  createSecretFile,
  KeyFileError,
  makeKeyFolder,
  readPermittedKeys,
  readSecretCertificate,
  replacePermittedKeys,
} from "../../lib/access/key_files.ts";
import { Folder } from "../harness/folder.ts";
import { scenario } from "../harness/scenario.ts";

const KEY = "rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7";
const SECRET = "JTKVSB%%)wK0E.X)V>+}o?pNmC{O&4W4b!Ni{Lh6";
const TEXT = formatCertificate({ title: "test", publicKey: KEY, secretKey: SECRET, queueKey: undefined });

scenario(
  "readSecretCertificate() refuses a file that others can read or write, and says what to do",
  ["files"],
  async () => {
    using folder = new Folder();
    const path = folder.file("a.key");
    await createSecretFile(path, TEXT);
    for (const mode of [0o600, 0o640, 0o400, 0o440]) {
      await Deno.chmod(path, mode);
      assertEquals((await readSecretCertificate(path)).secretKey, SECRET);
    }
    for (const [mode, why] of [[0o644, "can read it (mode 0644)"], [0o620, "can write it (mode 0620)"]] as const) {
      await Deno.chmod(path, mode);
      const error = await assertRejects(() => readSecretCertificate(path), KeyFileError, why);
      assertEquals(error.message.includes(`run "chmod 600 ${path}"`), true);
    }
  },
);

scenario("readSecretCertificate() follows a link, as Kubernetes mounts keys", ["files"], async () => {
  using folder = new Folder();
  await createSecretFile(folder.file("data"), TEXT);
  await Deno.symlink("data", folder.file("a.key"));
  assertEquals((await readSecretCertificate(folder.file("a.key"))).publicKey, KEY);
});

scenario("readSecretCertificate() reads a pipe, unless others can read or write it", ["shell", "files"], async () => {
  using folder = new Folder();
  const path = folder.file("pipe");
  const { success } = await new Deno.Command("mkfifo", { args: ["-m", "600", path] }).output();
  assertEquals(success, true);
  const piped = async () => {
    // Where the pipe is refused, nobody reads what is written.
    const [certificate] = await Promise.allSettled([readSecretCertificate(path), Deno.writeTextFile(path, TEXT)]);
    if (certificate.status === "rejected") throw certificate.reason;
    return certificate.value;
  };
  // An anonymous pipe has one of these, as the system wants it.
  for (const mode of [0o600, 0o660]) {
    await Deno.chmod(path, mode);
    assertEquals((await piped()).secretKey, SECRET);
  }
  for (const [mode, why] of [[0o644, "can read it (mode 0644)"], [0o662, "can write it (mode 0662)"]] as const) {
    await Deno.chmod(path, mode);
    await assertRejects(piped, KeyFileError, why);
  }
});

scenario("readSecretCertificate() names the file and never the secret when it cannot be used", ["files"], async () => {
  using folder = new Folder();
  const path = folder.file("a.key");
  await assertRejects(() => readSecretCertificate(path), KeyFileError, `"${path}": there is no such file`);
  await assertRejects(() => readSecretCertificate(folder.path), KeyFileError, "it is neither a file nor a pipe");
  await createSecretFile(path, TEXT.replace(/ *secret-key.*/, ""));
  await assertRejects(() => readSecretCertificate(path), KeyFileError, "it has only a public key");
  await Deno.remove(path);
  await createSecretFile(path, TEXT.replace(SECRET, SECRET.slice(1)));
  const error = await assertRejects(() => readSecretCertificate(path), KeyFileError, "its secret-key is not a key");
  assertEquals(error.message.includes(SECRET.slice(1)), false);
});

scenario("createSecretFile() never overwrites a file, and makes no folder", ["files"], async () => {
  using folder = new Folder();
  await createSecretFile(folder.file("a"), "first");
  await assertRejects(() => createSecretFile(folder.file("a"), "second"), KeyFileError, "never overwritten");
  assertEquals(await Deno.readTextFile(folder.file("a")), "first");
  await assertRejects(() => createSecretFile(folder.file("none/a"), ""), KeyFileError, "there is no such folder");
});

scenario("makeKeyFolder() leaves an existing folder unchanged", ["files"], async () => {
  using folder = new Folder();
  await makeKeyFolder(folder.file("a/b"));
  assertEquals(((await Deno.stat(folder.file("a/b"))).mode ?? 0) & 0o777, 0o700);
  await Deno.chmod(folder.file("a/b"), 0o750);
  await makeKeyFolder(folder.file("a/b"));
  assertEquals(((await Deno.stat(folder.file("a/b"))).mode ?? 0) & 0o777, 0o750);
});

scenario("readPermittedKeys() names the file and the line when a line is wrong", ["files"], async () => {
  using folder = new Folder();
  await assertRejects(() => readPermittedKeys(folder.path), KeyFileError, "there is no such file");
  await replacePermittedKeys(folder.path, `worker ${KEY} a\nboss\n`);
  await assertRejects(() => readPermittedKeys(folder.path), KeyFileError, `"${folder.path}/permitted": line 2 is not`);
  await replacePermittedKeys(folder.path, `worker ${KEY} a\n`);
  assertEquals((await readPermittedKeys(folder.path)).keys.length, 1);
  assertEquals(folder.names, ["permitted"]);
});
