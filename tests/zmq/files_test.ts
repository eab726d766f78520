import { assertEquals, assertNotEquals, assertThrows } from "@std/assert";
import { ZmqError } from "../../lib/zmq/error.ts";
import { lookAt, moveFile } from "../../lib/zmq/files.ts";
import { loadLibrary } from "../../lib/zmq/library.ts";
import { Folder } from "../harness/folder.ts";
import { scenario } from "../harness/scenario.ts";

scenario(
  "lookAt() gives device and inode, and says what is a socket, when there is a file",
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

for (const how of ["in one step", "in two steps where the file system cannot do it in one"]) {
  scenario(`moveFile() moves a file and never overwrites one, ${how}`, ["ffi", "files"], async () => {
    const library = await loadLibrary();
    let isRefused = false;
    const refusing = {
      ...library.symbols,
      syscall_renameat2: () => {
        isRefused = true;
        return -1n;
      },
      renamex_np: () => {
        isRefused = true;
        return -1;
      },
      zmq_errno: () => {
        if (!isRefused) return library.symbols.zmq_errno();
        isRefused = false;
        return 22;
      },
    };
    const symbols = how === "in one step" ? library.symbols : refusing;
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
