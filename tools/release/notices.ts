/**
 * The notices of what the binaries contain that others wrote.
 *
 * @module
 */

import type { LicensedPackage } from "./sbom.ts";

/** What others wrote, with its licence. */
export interface Notice {
  /** Its name, with its version where that is known. */
  readonly title: string;
  /** The licence, as an SPDX expression. */
  readonly license: string;
  /** What else has to be said, such as where its source is. */
  readonly remark?: string;
  /** The licence's text. */
  readonly text: string;
}

/** The licences of what is no package of npm, and of packages that come without a text: files in licenses/. */
const LICENSES = new URL("licenses/", import.meta.url);
/** Packages that come without the text of their licence. */
const TEXT_OF: Readonly<Record<string, string>> = {
  "deno-std": "deno.txt",
  "@assemblyscript/loader": "Apache-2.0.txt",
};

/**
 * Collects the notices.
 *
 * @param packages The packages of npm in the binaries.
 * @param folderOf Where a package is installed.
 * @param versions The versions of what is no package of npm.
 * @returns The notices.
 * @throws {Error} When a package comes without the text of its licence, and licenses/ has none for it.
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

/** The text of the licence in a package, with that of a notice if there is one. */
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
