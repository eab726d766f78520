import { assertEquals } from "@std/assert";
import { fileReason, systemMessage, systemReason } from "../lib/system_error.ts";

const DISK_FULL = Object.assign(new Error("No space left on device (os error 28)"), { code: "ENOSPC" });

Deno.test("systemReason() says why without Deno's number", () => {
  assertEquals(systemReason(DISK_FULL), "no space left on device (ENOSPC)");
  assertEquals(systemReason(new Error("Bad resource")), "bad resource");
});

Deno.test("systemMessage() leaves out Deno's number", () => {
  assertEquals(systemMessage(DISK_FULL), "No space left on device");
  assertEquals(systemMessage(new Error("Bad resource")), "Bad resource");
});

Deno.test("fileReason() says why a file cannot be read or written, without the name of Deno's call", () => {
  const error = new Deno.errors.NotFound("No such file or directory (os error 2): readfile '/a'");
  assertEquals(fileReason(error), "there is no such file");
  assertEquals(fileReason(new Error("Is a directory (os error 21): readfile '/a'")), "is a directory");
  const renamed = new Error("Read-only file system (os error 30): rename '/a: b' -> '/c\nd'");
  assertEquals(fileReason(renamed), "read-only file system");
});
