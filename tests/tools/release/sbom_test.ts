/** The bill of materials is one as the published schema of CycloneDX has it. */

import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
// The schema is the one that CycloneDX's own library carries.
import { Ajv } from "ajv";
import formats from "ajv-formats";
import digests from "../../../lib/zmq/digests.json" with { type: "json" };
import { PROGRAM_IMPORTS } from "../../../tools/compile.ts";
import { type LockFile, packagesBehind } from "../../../tools/release/packages.ts";
import { type Sbom, sbomOf, type SbomSource } from "../../../tools/release/sbom.ts";
import { ROOT } from "../../harness/capabilities.ts";
import { scenario } from "../../harness/scenario.ts";

/** What the binaries of this repository contain, as if all packages had one licence. */
async function sourceOf(license: string): Promise<SbomSource> {
  const lock = JSON.parse(await Deno.readTextFile(new URL("deno.lock", ROOT))) as LockFile;
  return {
    version: "1.2.3",
    commit: "0123456789abcdef0123456789abcdef01234567",
    date: new Date(0),
    runtime: { deno: "2.6.10", v8: "14.5.201.2" },
    packages: packagesBehind(lock, PROGRAM_IMPORTS).map((one) => ({ ...one, license })),
    libzmqPackage: packagesBehind(lock, ["zeromq"])[0]!,
    libzmqVersion: "4.3.5",
    libzmqDigests: digests,
  };
}

async function schema(name: string): Promise<Record<string, unknown>> {
  const folder = import.meta.resolve("@cyclonedx/cyclonedx-library/package.json");
  return JSON.parse(await Deno.readTextFile(new URL(`res/schema/${name}.SNAPSHOT.schema.json`, folder)));
}

/** What is wrong with a bill. */
async function problemsOf(sbom: Sbom): Promise<unknown[]> {
  // The schema has formats of its own, and a word that ajv does not know; neither is an error in a bill.
  const ajv = new Ajv({ strict: false, allErrors: true, formats: { "iri-reference": true, "idn-email": true } });
  formats.default(ajv);
  for (const name of ["spdx", "jsf-0.82"]) {
    ajv.addSchema({ ...await schema(name), $id: `http://cyclonedx.org/schema/${name}.SNAPSHOT.schema.json` });
  }
  const validate = ajv.compile(await schema("bom-1.6"));
  validate(JSON.parse(JSON.stringify(sbom)));
  return validate.errors ?? [];
}

scenario("sbomOf() makes a bill that the schema of CycloneDX 1.6 accepts", ["files"], async () => {
  for (const license of ["MIT", "(MIT AND Zlib)"]) assertEquals(await problemsOf(sbomOf(await sourceOf(license))), []);
});

scenario("the schema refuses a licence that SPDX does not know", ["files"], async () => {
  const problems = await problemsOf(sbomOf(await sourceOf("Mine")));
  assertStringIncludes(JSON.stringify(problems), "/licenses/0/license/id");
});

scenario(
  "sbomOf() lists the runtime, libzmq with its parts, and the packages with their digests",
  ["files"],
  async () => {
    const { components, metadata } = sbomOf(await sourceOf("MIT")) as {
      components: { name: string; version?: string; hashes?: { content: string }[]; purl: string }[];
      metadata: { timestamp: string };
    };
    assertEquals(metadata.timestamp, "1970-01-01T00:00:00.000Z");
    assertEquals(components.slice(0, 4).map(({ name }) => name), ["deno", "v8", "libzmq", "libsodium"]);
    for (const name of ["ipaddr.js", "shlex", "cli-progress", "hdr-histogram-js", "deno-std", "string-width", "pako"]) {
      const component = components.find((one) => one.name === name);
      assertEquals(component?.hashes?.[0]?.content.length, 128, name);
    }
    // What is not in the binaries is not in the bill.
    for (const name of ["zeromq", "jimp", "fast-check", "ajv", "tar"]) {
      assertEquals(components.some((one) => one.name === name), false, name);
    }
    assertEquals(
      components.find(({ name }) => name === "@assemblyscript/loader")?.purl,
      "pkg:npm/%40assemblyscript/loader@0.19.23",
    );
  },
);

scenario("sbomOf() throws when a package's digest is not a SHA-512", ["files"], async () => {
  const source = await sourceOf("MIT");
  const packages = [{ name: "a", version: "1.0.0", integrity: "sha1-YQ==", license: "MIT" }];
  assertThrows(() => sbomOf({ ...source, packages }), Error, 'Cannot use the digest "sha1-YQ==" of a');
});
