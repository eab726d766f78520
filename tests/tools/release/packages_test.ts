import { assertEquals, assertThrows } from "@std/assert";
import { packagesBehind } from "../../../tools/release/packages.ts";

const LOCK = {
  npm: {
    "@scope/a@1.0.0": { integrity: "sha512-YQ==", dependencies: ["b", "c@2.0.0"] },
    "b@1.0.0_peer@3.0.0": { integrity: "sha512-Yg==", dependencies: ["@scope/a"] },
    "c@1.0.0": { integrity: "sha512-YzE=" },
    "c@2.0.0": { integrity: "sha512-YzI=" },
    "unused@1.0.0": { integrity: "sha512-dQ==" },
  },
};

Deno.test("packagesBehind() lists packages with all their dependencies, once", () => {
  assertEquals(packagesBehind(LOCK, ["@scope/a"]), [
    { name: "@scope/a", version: "1.0.0", integrity: "sha512-YQ==" },
    { name: "b", version: "1.0.0", integrity: "sha512-Yg==" },
    { name: "c", version: "2.0.0", integrity: "sha512-YzI=" },
  ]);
});

Deno.test("packagesBehind() throws when the lock file lacks a package", () => {
  assertThrows(() => packagesBehind(LOCK, ["d"]), Error, 'Cannot find the package "d" in deno.lock');
});
