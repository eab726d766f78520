/**
 * The notices for third-party works in the binaries.
 *
 * @module
 */

import type { LicensedPackage } from "./sbom.ts";

/** A third-party work with its licence. */
export interface Notice {
  /** Its name, with its version if known. */
  readonly title: string;
  /** The licence, as an SPDX expression. */
  readonly license: string;
  /** A further remark, such as where its source is. */
  readonly remark?: string;
  /** The licence's text. */
  readonly text: string;
}

/** The folder with the licence texts of works that are not npm packages, and of packages without a licence text. */
const LICENSES = new URL("licenses/", import.meta.url);
/** Packages that come without their licence text. */
const TEXT_OF: Readonly<Record<string, string>> = {
  "deno-std": "deno.txt",
  "@assemblyscript/loader": "Apache-2.0.txt",
};

/**
 * Collects the notices.
 *
 * @param packages The npm packages in the binaries.
 * @param folderOf Returns where a package is installed.
 * @param versions The versions of the works that are not npm packages.
 * @returns The notices.
 * @throws {Error} When a package comes without its licence text, and licenses/ has none for it.
 */
export async function collectNotices(
  packages: readonly LicensedPackage[],
  folderOf: (npmPackage: LicensedPackage) => URL,
  versions: { readonly deno: string; readonly v8: string; readonly libzmq: string },
): Promise<Notice[]> {
  const own = (file: string) => Deno.readTextFile(new URL(file, LICENSES));
  const notices: Notice[] = [
    {
      title: `Deno ${versions.deno}`,
      license: "MIT",
      remark: `The runtime of the programs. The Rust crates in it are listed in the file
Cargo.lock of https://github.com/denoland/deno at the tag v${versions.deno}.`,
      text: await own("deno.txt"),
    },
    { title: `V8 ${versions.v8}`, license: "BSD-3-Clause", remark: "A part of Deno.", text: await own("v8.txt") },
    { title: "ICU", license: "Unicode-3.0", remark: "A part of V8.", text: await own("icu.txt") },
    {
      title: `libzmq ${versions.libzmq}`,
      license: "MPL-2.0",
      remark: `Unchanged, as the npm package "zeromq" distributes it. Its source is available at
https://github.com/zeromq/libzmq at the tag v${versions.libzmq}.`,
      text: await own("MPL-2.0.txt"),
    },
    {
      title: "libsodium",
      license: "ISC",
      remark: "A part of libzmq as it is built here.",
      text: await own("libsodium.txt"),
    },
  ];
  for (const npmPackage of packages) {
    const { name, version, license } = npmPackage;
    const text = await licenseIn(folderOf(npmPackage)) ?? (TEXT_OF[name] && await own(TEXT_OF[name]));
    if (!text) {
      throw new Error(`Cannot find the text of the licence of ${name} ${version}: put it into tools/release/licenses/`);
    }
    notices.push({ title: `${name} ${version}`, license, text });
  }
  return notices;
}

/** The licence text in a package, followed by its notice if there is one. */
async function licenseIn(folder: URL): Promise<string | undefined> {
  const names = (await Array.fromAsync(Deno.readDir(folder))).filter(({ name }) =>
    /^(licen[cs]e|copying|notice)/i.test(name)
  );
  const texts = names.map(({ name }) => name).sort().map((name) => Deno.readTextFile(new URL(name, folder)));
  return texts.length === 0 ? undefined : (await Promise.all(texts)).join("\n\n");
}

/**
 * Writes notices as one text.
 *
 * @param notices The notices.
 */
export function noticesText(notices: readonly Notice[]): string {
  const rule = "=".repeat(80);
  const sections = notices.map(({ title, license, remark, text }) =>
    [rule, title, `Licence: ${license}`, ...(remark === undefined ? [] : [remark]), "", text.trim(), ""].join("\n")
  );
  return `The programs spqueue, spworker and spclient contain the following works of others.\n\n${sections.join("\n")}`;
}
