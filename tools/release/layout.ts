/**
 * The layout of an archive, which is also the layout below a prefix such as /usr/local after installation.
 *
 * @module
 */

/** A folder or a file of the repository, and where it goes. */
export interface Placement {
  /** The folder (with a final slash) or file, relative to the repository's folder. */
  readonly from: string;
  /** Where it goes, relative to the prefix. */
  readonly to: string;
  /** The names of the files to take from the folder. */
  readonly only?: RegExp;
}

const DOC = "share/doc/simple-pirate/";

/** Everything besides the programs and the notices. The output of `deno task reference` is in dist/share/. */
export const PLACEMENTS: readonly Placement[] = [
  { from: "dist/share/", to: "share/" },
  { from: "packaging/systemd/", to: "lib/systemd/system/", only: /\.(service|socket|target)$/ },
  { from: "LICENSE", to: `${DOC}LICENSE` },
  { from: "README.md", to: `${DOC}README.md` },
  { from: "CHANGELOG.md", to: `${DOC}CHANGELOG.md` },
  { from: "SECURITY.md", to: `${DOC}SECURITY.md` },
  { from: "docs/", to: `${DOC}docs/` },
  { from: "packaging/prometheus/", to: `${DOC}packaging/prometheus/` },
  { from: "packaging/grafana/", to: `${DOC}packaging/grafana/` },
  { from: "packaging/container/", to: `${DOC}packaging/container/` },
  { from: "packaging/kubernetes/", to: `${DOC}packaging/kubernetes/` },
];

/** Where the third-party notices go. */
export const NOTICES = `${DOC}THIRD-PARTY-NOTICES`;
