import { assertEquals } from "@std/assert";
import { HEAD_SIZE, interpreterOf, programOfEnv } from "../../../lib/worker/exec/interpreter.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

Deno.test("interpreterOf() reads the first line of a script", () => {
  const cases: [text: string, path: string, argument: string, line: string][] = [
    ["#!/bin/sh\necho\n", "/bin/sh", "", "#!/bin/sh"],
    ["#! \t/bin/sh \t-e \n", "/bin/sh", "-e", "#! \t/bin/sh \t-e "],
    ["#!/usr/bin/env -S node --test x\n", "/usr/bin/env", "-S node --test x", "#!/usr/bin/env -S node --test x"],
    ["#!/bin/sh", "/bin/sh", "", "#!/bin/sh"],
    ["#!/bin/sh\r\necho\r\n", "/bin/sh\r", "", "#!/bin/sh\r"],
    ["#!/bin/s\0h\n", "/bin/s", "\0h", "#!/bin/s\0h"],
  ];
  for (const [text, path, argument, line] of cases) {
    assertEquals(interpreterOf(bytes(text)), { kind: "script", path, argument, line }, text);
  }
});

Deno.test("interpreterOf() finds nothing where the file needs nothing else", () => {
  for (const text of ["MZ\0", "PK\x03\x04\0", "\x7fELF", `#!/${"x".repeat(300)}\n`]) {
    assertEquals(interpreterOf(bytes(text)), { kind: "none" }, text);
  }
});

Deno.test("interpreterOf() notices a text that names no interpreter", () => {
  for (const text of ["", "#", "echo hello\n", "#!\n", "#!  \n"]) {
    assertEquals(interpreterOf(bytes(text)), { kind: "text" }, text);
  }
});

Deno.test("interpreterOf() notices a first line that a byte order mark hides", () => {
  assertEquals(interpreterOf(bytes("\ufeff#!/bin/sh\n")), { kind: "byte order mark" });
  assertEquals(interpreterOf(bytes("\ufeffecho\n")), { kind: "text" });
});

/** An ELF file with two program headers, the second of which names a loader. */
function elf(bits: 32 | 64, isLittleEndian: boolean, loader: string): Uint8Array {
  const file = new Uint8Array(HEAD_SIZE);
  const view = new DataView(file.buffer);
  const isWide = bits === 64;
  const [header, entry] = isWide ? [64, 56] : [52, 32];
  file.set([0x7f, 0x45, 0x4c, 0x46, isWide ? 2 : 1, isLittleEndian ? 1 : 2]);
  const setWord = (at: number, value: number) =>
    isWide ? view.setBigUint64(at, BigInt(value), isLittleEndian) : view.setUint32(at, value, isLittleEndian);
  setWord(isWide ? 32 : 28, header);
  view.setUint16(isWide ? 54 : 42, entry, isLittleEndian);
  view.setUint16(isWide ? 56 : 44, 2, isLittleEndian);
  view.setUint32(header, 6, isLittleEndian);
  view.setUint32(header + entry, 3, isLittleEndian);
  setWord(header + entry + (isWide ? 8 : 4), 1000);
  setWord(header + entry + (isWide ? 32 : 16), loader.length + 1);
  file.set(bytes(loader), 1000);
  return file;
}

Deno.test("interpreterOf() finds the loader of a binary, whatever its width and byte order", () => {
  for (const bits of [32, 64] as const) {
    for (const isLittleEndian of [true, false]) {
      const file = elf(bits, isLittleEndian, "/lib/ld-musl-x86_64.so.1");
      assertEquals(interpreterOf(file), { kind: "loader", path: "/lib/ld-musl-x86_64.so.1" });
      // A file that is cut short says nothing.
      for (let size = 4; size < 1000; size++) assertEquals(interpreterOf(file.subarray(0, size)), { kind: "none" });
    }
  }
});

Deno.test("interpreterOf() returns whatever the bytes are", () => {
  const file = elf(64, true, "/lib/ld.so");
  for (let at = 0; at < 200; at++) {
    for (const byte of [0, 1, 0x7f, 0xff]) interpreterOf(file.with(at, byte));
  }
});

Deno.test("programOfEnv() is what env looks for in PATH", () => {
  const cases: [path: string, argument: string, name: string | undefined][] = [
    ["/usr/bin/env", "python3", "python3"],
    // Linux passes it as one argument.
    ["/usr/bin/env", "python3 -u", "python3 -u"],
    ["/usr/bin/env", "-S python3 -u", "python3"],
    ["/usr/bin/env", "-Spython3 -u", "python3"],
    ["/usr/bin/env", "-S A=1 python3", "python3"],
    ["/usr/bin/env", "-S -i python3", undefined],
    ["/usr/bin/env", "-i", undefined],
    ["/usr/bin/env", "", undefined],
    ["/bin/sh", "-e", undefined],
  ];
  for (const [path, argument, name] of cases) assertEquals(programOfEnv({ path, argument }), name, argument);
});
