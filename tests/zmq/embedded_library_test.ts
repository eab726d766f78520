import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import { libraryInFolder, makeLibraryFile } from "../../lib/zmq/embedded_library.ts";
import digests from "../../lib/zmq/digests.json" with { type: "json" };
import { type LibraryPlatform, packageLibrary } from "../../lib/zmq/library.ts";
import { scenario } from "../harness/scenario.ts";

async function packageBytes(platform?: LibraryPlatform): Promise<Uint8Array<ArrayBuffer>> {
  return await Deno.readFile(await packageLibrary(platform));
}

/** Opens a library, closes it again, and tells its version: the leak checks find one that stays open. */
function open(path: string): Disposable & { readonly version: string } {
  const library = Deno.dlopen(path, {
    zmq_version: { parameters: ["buffer", "buffer", "buffer"], result: "void" },
  });
  const parts = [new Int32Array(1), new Int32Array(1), new Int32Array(1)] as const;
  library.symbols.zmq_version(...parts);
  return { version: parts.map(([part]) => part).join("."), [Symbol.dispose]: () => library.close() };
}

scenario(
  "digests.json has the digests of the npm package's libraries that binaries carry",
  ["ffi", "files"],
  async () => {
    const found: Record<string, string> = {};
    for (const [os, libc] of [["linux", "glibc"], ["darwin", "libc"]] as const) {
      for (const arch of ["x86_64", "aarch64"]) {
        const digest = await crypto.subtle.digest("SHA-256", await packageBytes({ os, arch, libc }));
        found[`${os}-${arch}`] = new Uint8Array(digest).toHex();
      }
    }
    assertEquals(digests, found);
  },
);

scenario("makeLibraryFile() makes a file in memory that can be loaded twice", ["ffi", "files"], async () => {
  const file = await makeLibraryFile(await packageBytes());
  assertMatch(file.path, /^\/proc\/self\/fd\/\d+$/);
  {
    using one = open(file.path);
    using other = open(file.path);
    assertEquals([one.version, other.version], ["4.3.5", "4.3.5"]);
  }
  file.remove();
});

scenario("makeLibraryFile() rejects when a byte was altered", ["ffi", "files"], async () => {
  const bytes = await packageBytes();
  bytes[bytes.length - 1]! ^= 1;
  await assertRejects(() => makeLibraryFile(bytes), Error, "the binary was altered");
});

scenario("libraryInFolder() makes a file that only its owner can reach, and remove() leaves nothing", [
  "ffi",
  "files",
], async () => {
  const file = libraryInFolder(await packageBytes());
  const folder = file.path.slice(0, file.path.lastIndexOf("/"));
  assertEquals(((await Deno.stat(folder)).mode ?? 0) & 0o777, 0o700);
  {
    using library = open(file.path);
    assertEquals(library.version, "4.3.5");
  }
  file.remove();
  await assertRejects(() => Deno.stat(folder), Deno.errors.NotFound);
});
