import { assertEquals, assertNotEquals, assertThrows } from "@std/assert";
import { errnoNumber, ZmqError } from "../../lib/zmq/error.ts";
import { exchangeFiles, lookAt, moveFile } from "../../lib/zmq/files.ts";
import { loadLibrary } from "../../lib/zmq/library.ts";
import type { Symbols } from "../../lib/zmq/symbols.ts";
import { Folder } from "../harness/folder.ts";
import { scenario } from "../harness/scenario.ts";

/** A C library whose renames have no flags, as on some file systems. */
function refusing(symbols: Symbols): Symbols {
  let isRefused = false;
  return {
    ...symbols,
    syscall_renameat2: () => {
      isRefused = true;
      return -1n;
    },
    renamex_np: () => {
      isRefused = true;
      return -1;
    },
    zmq_errno: () => {
      if (!isRefused) return symbols.zmq_errno();
      isRefused = false;
      return errnoNumber("EINVAL");
    },
  } as Symbols;
}

scenario(
  "lookAt() returns device and inode, and whether a file is a socket",
  ["ffi", "files"],
  async () => {
    const { symbols } = await loadLibrary();
    using folder = new Folder();
    const [file, socket, symlink] = [folder.file("file"), folder.file("socket"), folder.file("symlink")];
    await Deno.writeTextFile(file, "");
    using _ = Deno.listen({ transport: "unix", path: socket });
    await Deno.symlink(socket, symlink);
    for (const [path, isSocket] of [[file, false], [socket, true], [symlink, false], [folder.path, false]] as const) {
      const { dev, ino } = await Deno.lstat(path);
      const facts = lookAt(symbols, path);
      assertEquals([facts?.isSocket, facts?.identity.split(":")[1]], [isSocket, `${ino}`]);
      // Device numbers are split differently in the two calls; those of one file system are equal.
      assertEquals([facts?.identity.split(":")[0], dev], [lookAt(symbols, file)?.identity.split(":")[0], dev]);
    }
    assertNotEquals(lookAt(symbols, file)?.identity, lookAt(symbols, socket)?.identity);
    assertNotEquals(
      lookAt(symbols, "/proc/self")?.identity.split(":")[0],
      lookAt(symbols, file)?.identity.split(":")[0],
    );
  },
);

scenario("lookAt() finds nothing when there is no file, and throws when it cannot know", ["ffi", "files"], async () => {
  const { symbols } = await loadLibrary();
  using folder = new Folder();
  assertEquals(lookAt(symbols, folder.file("none")), undefined);
  await Deno.writeTextFile(folder.file("file"), "");
  const error = assertThrows(() => lookAt(symbols, folder.file("file/below")), ZmqError, "Cannot look at");
  assertEquals(error.code, "ENOTDIR");
});

scenario("exchangeFiles() gives each file the other's name, also where the file system cannot do it at once", [
  "ffi",
  "files",
], async () => {
  const { symbols } = await loadLibrary();
  for (const used of [symbols, refusing(symbols)]) {
    using folder = new Folder();
    const [one, other] = [folder.file("one"), folder.file("other")];
    await Deno.writeTextFile(one, "1");
    assertEquals([exchangeFiles(used, one, other), await Deno.readTextFile(one)], ["ENOENT", "1"]);
    await Deno.writeTextFile(other, "2");
    assertEquals(exchangeFiles(used, one, other), undefined);
    assertEquals([await Deno.readTextFile(one), await Deno.readTextFile(other)], ["2", "1"]);
    assertEquals(folder.names, ["one", "other"]);
  }
});

for (const how of ["in one step", "in two steps where the file system cannot do it in one"]) {
  scenario(`moveFile() moves a file and never overwrites one, ${how}`, ["ffi", "files"], async () => {
    const library = await loadLibrary();
    const symbols = how === "in one step" ? library.symbols : refusing(library.symbols);
    using folder = new Folder();
    const [from, to] = [folder.file("from"), folder.file("to")];
    assertEquals(moveFile(symbols, from, to), "ENOENT");
    await Deno.writeTextFile(from, "mine");
    await Deno.writeTextFile(to, "yours");
    assertEquals(moveFile(symbols, from, to), "EEXIST");
    assertEquals([await Deno.readTextFile(from), await Deno.readTextFile(to)], ["mine", "yours"]);
    await Deno.remove(to);
    assertEquals(moveFile(symbols, from, to), undefined);
    assertEquals([folder.names, await Deno.readTextFile(to)], [["to"], "mine"]);
  });
}
