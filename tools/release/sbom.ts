/**
 * The software bill of materials: the contents of the binaries, in the format of CycloneDX 1.6.
 *
 * @module
 */

import type { NpmPackage } from "./packages.ts";

/** A package with its declared licence. */
export interface LicensedPackage extends NpmPackage {
  /** An SPDX expression. */
  readonly license: string;
}

/** What a bill of materials is made from. */
export interface SbomSource {
  /** The version of the programs. */
  readonly version: string;
  /** The commit that they were made from. */
  readonly commit: string;
  /** When that commit was made. */
  readonly date: Date;
  /** The versions of the runtime. */
  readonly runtime: { readonly deno: string; readonly v8: string };
  /** The packages that the binaries contain. */
  readonly packages: readonly LicensedPackage[];
  /** The package that libzmq comes from, which itself is not in the binaries. */
  readonly libzmqPackage: NpmPackage;
  /** libzmq's version. */
  readonly libzmqVersion: string;
  /** SHA-256 of libzmq's file, by operating system and architecture. */
  readonly libzmqDigests: Readonly<Record<string, string>>;
}

/** A bill of materials, to be written with `JSON.stringify`. */
export type Sbom = Readonly<Record<string, unknown>>;

/**
 * Makes the bill of materials.
 *
 * @param source What it is made from.
 * @returns The bill.
 */
export function sbomOf(source: SbomSource): Sbom {
  const { version, commit, date, runtime, packages, libzmqPackage, libzmqVersion, libzmqDigests } = source;
  const root = `pkg:generic/simple-pirate@${version}`;
  const deno = {
    "type": "platform",
    "bom-ref": `pkg:github/denoland/deno@v${runtime.deno}`,
    "name": "deno",
    "version": runtime.deno,
    "description": "The runtime of the programs; its own Cargo.lock lists the Rust crates in it.",
    "licenses": [{ license: { id: "MIT" } }],
    "purl": `pkg:github/denoland/deno@v${runtime.deno}`,
    "externalReferences": [
      {
        type: "other",
        url: `https://github.com/denoland/deno/blob/v${runtime.deno}/Cargo.lock`,
        comment: "its crates",
      },
    ],
  };
  const v8 = {
    "type": "library",
    "bom-ref": `pkg:github/v8/v8@${runtime.v8}`,
    "name": "v8",
    "version": runtime.v8,
    "licenses": [{ license: { id: "BSD-3-Clause" } }],
    "purl": `pkg:github/v8/v8@${runtime.v8}`,
  };
  const libzmq = {
    "type": "library",
    "bom-ref": `pkg:github/zeromq/libzmq@v${libzmqVersion}`,
    "name": "libzmq",
    "version": libzmqVersion,
    "description":
      `The addon of the npm package ${libzmqPackage.name} ${libzmqPackage.version}. SHA-256 of its file: ` +
      Object.entries(libzmqDigests).map(([platform, digest]) => `${platform} ${digest}`).join(", "),
    "licenses": [{ license: { id: "MPL-2.0" } }],
    "purl": `pkg:github/zeromq/libzmq@v${libzmqVersion}`,
    "pedigree": {
      notes: `Built by the npm package ${libzmqPackage.name}; that package is not in the binaries itself.`,
    },
    "externalReferences": [
      { type: "vcs", url: "https://github.com/zeromq/libzmq" },
      { type: "distribution", url: `https://www.npmjs.com/package/zeromq/v/${libzmqPackage.version}` },
    ],
  };
  const libsodium = {
    "type": "library",
    "bom-ref": "pkg:github/jedisct1/libsodium",
    "name": "libsodium",
    "description": "Linked into libzmq for CURVE. The package that libzmq comes from does not say which version.",
    "licenses": [{ license: { id: "ISC" } }],
    "purl": "pkg:github/jedisct1/libsodium",
  };
  const npm = packages.map((npmPackage) => ({
    "type": "library",
    "bom-ref": purlOf(npmPackage),
    "name": npmPackage.name,
    "version": npmPackage.version,
    "hashes": [hashOf(npmPackage)],
    "licenses": [
      /[ (]/.test(npmPackage.license) ? { expression: npmPackage.license } : {
        license: { id: npmPackage.license },
      },
    ],
    "purl": purlOf(npmPackage),
  }));
  const refs = [deno, libzmq, ...npm].map((component) => component["bom-ref"]);
  return {
    $schema: "http://cyclonedx.org/schema/bom-1.6.schema.json",
    bomFormat: "CycloneDX",
    specVersion: "1.6",
    version: 1,
    metadata: {
      timestamp: date.toISOString(),
      component: {
        "type": "application",
        "bom-ref": root,
        "name": "simple-pirate",
        "version": version,
        "description": "The programs spqueue, spworker and spclient.",
        "licenses": [{ license: { id: "MIT" } }],
        "purl": root,
        "properties": [{ name: "commit", value: commit }],
      },
    },
    components: [deno, v8, libzmq, libsodium, ...npm],
    dependencies: [
      { ref: root, dependsOn: refs },
      { ref: deno["bom-ref"], dependsOn: [v8["bom-ref"]] },
      { ref: libzmq["bom-ref"], dependsOn: [libsodium["bom-ref"]] },
    ],
  };
}

function purlOf({ name, version }: NpmPackage): string {
  return `pkg:npm/${name.replace("@", "%40")}@${version}`;
}

function hashOf({ name, integrity }: NpmPackage): { readonly alg: string; readonly content: string } {
  const [, base64] = /^sha512-(.+)$/.exec(integrity) ?? [];
  if (base64 === undefined) throw new Error(`Cannot use the digest "${integrity}" of ${name}: it must be a SHA-512`);
  return { alg: "SHA-512", content: Uint8Array.fromBase64(base64).toHex() };
}
