import { assertEquals, assertRejects } from "@std/assert";
import { KeyFileError } from "../../../lib/access/key_files.ts";
import { LINK_OPTIONS, linkConfig, LinkError, type LinkOptions } from "../../../lib/queue/link/config.ts";
import { readLinkFiles } from "../../../lib/queue/link/files.ts";
import { readOptions } from "../../../lib/option.ts";
import { makeCertificate, makeCertificates } from "../../harness/certificates.ts";
import { Folder } from "../../harness/folder.ts";
import { scenario } from "../../harness/scenario.ts";
import { nkeys } from "@nats-io/nats-core";

/** A file as nsc makes it. */
function nscFile(seed: string): string {
  const part = (name: string, text: string) => `-----BEGIN ${name}-----\n${text}\n------END ${name}------\n`;
  return `${part("NATS USER JWT", "eyJ0eXAi")}\n${part("USER NKEY SEED", seed)}`;
}

function configOf(options: LinkOptions) {
  return linkConfig(readOptions(LINK_OPTIONS, options, "startQueue()"), false);
}

scenario("readLinkFiles() reads the kinds of credentials, and says which file cannot be used", ["files"], async () => {
  using folder = new Folder();
  const read = async (text: string) => {
    const natsCreds = folder.file("creds");
    await Deno.writeTextFile(natsCreds, text, { mode: 0o600 });
    return await readLinkFiles(configOf({ nats: "a", natsCreds })!);
  };
  assertEquals(await read("me:se:cret\n"), { user: "me", pass: "se:cret" });
  assertEquals(await read("token"), { token: "token" });
  const nsc = nscFile(new TextDecoder().decode(nkeys.createUser().getSeed()));
  assertEquals(await read(nsc), { creds: new TextEncoder().encode(nsc) });
  await assertRejects(() => read("\n"), LinkError, "one line, USER:PASSWORD or a token");
  for (const broken of [nsc.slice(0, 60), nscFile("SUBROKEN"), nsc.replaceAll("\n", "\r\n")]) {
    const error = await assertRejects(() => read(broken), LinkError, "what nsc writes, a user's JWT and its seed");
    assertEquals(error.message.includes("SU"), false, error.message);
  }
});

scenario("readLinkFiles() refuses credentials that others can read, or that are not a file", ["files"], async () => {
  using folder = new Folder();
  const natsCreds = folder.file("creds");
  const read = async () => await readLinkFiles(configOf({ nats: "a", natsCreds })!);
  const refused = `Cannot use credentials file "${natsCreds}":`;
  await assertRejects(read, KeyFileError, `Cannot read credentials file "${natsCreds}": there is no such file`);
  await Deno.writeTextFile(natsCreds, "me:secret\n");
  for (
    const [mode, why] of [[0o644, "everybody on this machine can read it (mode 0644)"], [0o660, "others can write"]]
  ) {
    await Deno.chmod(natsCreds, mode as number);
    await assertRejects(read, KeyFileError, `${refused} ${why}`);
  }
  await Deno.chmod(natsCreds, 0o640);
  assertEquals(await read(), { user: "me", pass: "secret" });
  await Deno.remove(natsCreds);
  await Deno.mkdir(natsCreds);
  await assertRejects(read, KeyFileError, `${refused} it is neither a file nor a pipe`);
});

scenario("readLinkFiles() takes only certificates for the authorities of servers", ["files", "openssl"], async () => {
  using folder = new Folder();
  const { ca, server } = await makeCertificates(folder);
  const natsCa = folder.file("authorities");
  const read = async (text: string) => {
    await Deno.writeTextFile(natsCa, text);
    return (await readLinkFiles(configOf({ nats: "a", natsCa })!)).ca;
  };
  const [one, other, key] = await Promise.all([ca, server.cert, server.key].map((path) => Deno.readTextFile(path)));
  const both = `An authority\n${one}\nAnother one\n${other}`;
  assertEquals(await read(both), both);
  const broken = one!.replace(/^(M.{40}).+$/m, "$1");
  for (const wrong of ["", "text", key!, broken, one! + broken]) {
    await assertRejects(() => read(wrong), LinkError, `"${natsCa}" to check NATS servers: it must have certificates`);
  }
  await Deno.remove(natsCa);
  await assertRejects(() => readLinkFiles(configOf({ nats: "a", natsCa })!), LinkError, "there is no such file");
});

scenario("readLinkFiles() leaves kinds of keys to TLS that this version of Deno may not know", [
  "files",
  "openssl",
], async () => {
  using folder = new Folder();
  const kinds = [["rsa:2048"], ["ed25519"], ["ed448"], ["ec", "-pkeyopt", "ec_paramgen_curve:P-521"]];
  const made = await Promise.all(kinds.map((kind, index) => makeCertificate(folder, `kind${index}`, [], kind)));
  for (const { cert, key } of made) {
    const texts = { cert: await Deno.readTextFile(cert), key: await Deno.readTextFile(key) };
    const config = configOf({ nats: "a", natsCa: cert, natsCert: cert, natsKey: key })!;
    assertEquals(await readLinkFiles(config), { ca: texts.cert, certificate: texts }, cert);
  }
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
