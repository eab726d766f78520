import config from "../../deno.json" with { type: "json" };
import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import { LibraryError, loadLibrary, packageLibrary, whatToDo, ZEROMQ_PACKAGE } from "../../lib/zmq/library.ts";
import { scenario } from "../harness/scenario.ts";

scenario("loadLibrary() finds a libzmq with the draft API when no other is named", ["ffi"], async () => {
  const library = await loadLibrary();
  assertEquals([library.version, library.hasDraftApi], ["4.3.5", true]);
  assertEquals(await loadLibrary(), library);
});

scenario("packageLibrary() names a file for every supported platform", ["ffi"], async () => {
  for (
    const [os, arch, libc, file] of [
      ["linux", "x86_64", "glibc", /linux\/x64\/.*glibc.*127.*\.node$/],
      ["linux", "aarch64", "glibc", /linux\/arm64\/.*glibc.*127.*\.node$/],
      ["linux", "x86_64", "musl", /linux\/x64\/.*musl.*\.node$/],
      ["darwin", "aarch64", "libc", /darwin\/arm64\/.*\.node$/],
      ["darwin", "x86_64", "libc", /darwin\/x64\/.*\.node$/],
    ] as const
  ) {
    const url = await packageLibrary({ os, arch, libc });
    assertMatch(url.pathname, file);
  }
});

scenario(
  "packageLibrary() names the platform and the variable when the package has nothing for it",
  ["ffi"],
  async () => {
    const error = await assertRejects(
      () => packageLibrary({ os: "plan9", arch: "mips", libc: "libc" }),
      LibraryError,
      "Cannot find libzmq for plan9 mips",
    );
    assertMatch(error.message, /set SPQ_LIBZMQ to the file of a libzmq$/);
  },
);

Deno.test("whatToDo() names the C++ library when that is what is missing", () => {
  const reason = (library: string) => `${library}: cannot open shared object file: No such file or directory`;
  assertMatch(whatToDo(reason("libstdc++.so.6"), "set it"), /^install .* libstdc\+\+6 or libstdc\+\+\)$/);
  assertEquals(whatToDo(reason("/nonexistent/libzmq.so"), "set it"), "set it");
});

Deno.test("ZEROMQ_PACKAGE is the package of deno.json", () => {
  assertEquals(ZEROMQ_PACKAGE, config.imports.zeromq);
});
