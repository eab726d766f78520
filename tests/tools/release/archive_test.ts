/** Archives are the same whenever, and by whomever, they are made of the same files. */

import { assertEquals } from "@std/assert";
import { compress, pack } from "../../../tools/release/archive.ts";
import { sumFiles, sumsText } from "../../../tools/release/sums.ts";
import { Folder } from "../../harness/folder.ts";
import { scenario } from "../../harness/scenario.ts";

const DATE = new Date("2026-12-01T00:00:00Z");

async function makeFiles(folder: Folder, names: readonly string[], date: Date): Promise<URL> {
  const root = new URL(`file://${folder.path}/name-1.0/`);
  await Deno.mkdir(new URL("bin/", root), { recursive: true });
  for (const name of names) {
    await Deno.writeTextFile(new URL(name, root), name);
    await Deno.utime(new URL(name, root), date, date);
  }
  await Deno.chmod(new URL("bin/b", root), 0o755);
  return root;
}

async function run(command: string, ...args: string[]): Promise<string> {
  const { stdout, stderr, success } = await new Deno.Command(command, { args }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout);
}

scenario("pack() makes the same archive of the same files", ["files", "shell"], async () => {
  using one = new Folder();
  using other = new Folder();
  const archives = [one.file("a.tar.gz"), other.file("a.tar.gz")];
  await pack(await makeFiles(one, ["z", "bin/b"], new Date(0)), new URL(`file://${archives[0]}`), DATE);
  await pack(await makeFiles(other, ["bin/b", "z"], new Date(1e12)), new URL(`file://${archives[1]}`), DATE);
  const [first, second] = await Promise.all(archives.map((file) => Deno.readFile(file)));
  assertEquals(first, second);
  const list = await run("tar", "-tvzf", archives[0]!, "--numeric-owner", "--utc");
  assertEquals(list.trim().split("\n").map((line) => line.replaceAll(/ +/g, " ")), [
    "-rwxr-xr-x 0/0 5 2026-12-01 00:00 name-1.0/bin/b",
    "-rw-r--r-- 0/0 1 2026-12-01 00:00 name-1.0/z",
  ]);
});

scenario("compress() and sumsText() write what gzip and sha256sum can read", ["files", "shell"], async () => {
  using folder = new Folder();
  const root = new URL(`file://${folder.path}/`);
  await Deno.writeTextFile(folder.file("a"), "hello");
  await compress(new URL("a", root), new URL("a.gz", root));
  assertEquals(await run("gzip", "-dc", folder.file("a.gz")), "hello");
  await Deno.writeTextFile(folder.file("SHA256SUMS"), sumsText(await sumFiles(root, ["a.gz", "a"])));
  assertEquals(await run("sh", "-c", `cd ${folder.path} && sha256sum --check SHA256SUMS`), "a: OK\na.gz: OK\n");
});
