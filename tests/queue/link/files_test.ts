import { assertEquals, assertRejects } from "@std/assert";
import { KeyFileError } from "../../../lib/access/key_files.ts";
import { LINK_OPTIONS, linkConfig, LinkError, type LinkOptions } from "../../../lib/queue/link/config.ts";
import { readLinkFiles } from "../../../lib/queue/link/files.ts";
import { readOptions } from "../../../lib/option.ts";
import { makeCertificates } from "../../harness/certificates.ts";
import { Folder } from "../../harness/folder.ts";
import { scenario } from "../../harness/scenario.ts";

function configOf(options: LinkOptions) {
  return linkConfig(readOptions(LINK_OPTIONS, options, "startQueue()"), false);
}

scenario("readLinkFiles() reads the kinds of credentials, and says which file cannot be used", ["files"], async () => {
  using folder = new Folder();
  const read = async (text: string) => {
    const natsCreds = folder.file("creds");
    await Deno.writeTextFile(natsCreds, text);
    return await readLinkFiles(configOf({ nats: "a", natsCreds })!);
  };
  assertEquals(await read("me:se:cret\n"), { user: "me", pass: "se:cret" });
  assertEquals(await read("token"), { token: "token" });
  const nsc = "-----BEGIN NATS USER JWT-----\nx\n";
  assertEquals(await read(nsc), { creds: new TextEncoder().encode(nsc) });
  await assertRejects(() => read("\n"), LinkError, "one line, USER:PASSWORD or a token");
  await assertRejects(
    () => readLinkFiles(configOf({ nats: "a", natsCa: folder.file("none") })!),
    LinkError,
    folder.file("none"),
  );
});

scenario("readLinkFiles() reads a certificate with its key, and says what is wrong with either", [
  "files",
  "openssl",
], async () => {
  using folder = new Folder();
  const { queue, server } = await makeCertificates(folder);
  const read = async (natsCert: string, natsKey: string) =>
    (await readLinkFiles(configOf({ nats: "a", natsCert, natsKey })!)).certificate;
  const texts = { cert: await Deno.readTextFile(queue.cert), key: await Deno.readTextFile(queue.key) };
  assertEquals(await read(queue.cert, queue.key), texts);
  const refuses = async (cert: string, key: string, why: string) => {
    await assertRejects(() => read(cert, key), LinkError, why);
  };
  const none = folder.file("none");
  await refuses(none, queue.key, `Cannot read "${none}" (natsCert): there is no such file`);
  await assertRejects(() => read(queue.cert, none), KeyFileError, none);
  await refuses(queue.key, queue.key, `"${queue.key}" as certificate for NATS: it must be a certificate in PEM form`);
  const wrong = folder.file("wrong");
  await Deno.copyFile(queue.cert, wrong);
  await Deno.chmod(wrong, 0o600);
  await refuses(queue.cert, wrong, "it must be a secret key in PEM form");
  await refuses(queue.cert, server.key, `it does not belong to the certificate "${queue.cert}"`);
  await Deno.writeTextFile(wrong, "-----BEGIN ENCRYPTED PRIVATE KEY-----\n");
  await refuses(queue.cert, wrong, "it has a passphrase");
  await Deno.chmod(queue.key, 0o644);
  await assertRejects(() => read(queue.cert, queue.key), KeyFileError, "everybody on this machine can read it");
});
