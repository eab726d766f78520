/**
 * Where everything is in an archive, which is where it is once installed below a prefix such as /usr/local.
 *
 * @module
 */

/** A folder or a file of the repository, and where it goes. */
export interface Placement {
  /** The folder (with a slash at the end) or file, from the repository's folder. */
  readonly from: string;
  /** Where it goes, from the prefix. */
  readonly to: string;
  /** Names of the files in the folder that are taken. */
  readonly only?: RegExp;
}

const DOC = "share/doc/simple-pirate/";

/** Everything besides the programs and the notices. What `deno task reference` has made is in dist/share/. */
export const PLACEMENTS: readonly Placement[] = [
  { from: "dist/share/", to: "share/" },
  { from: "packaging/systemd/", to: "lib/systemd/system/", only: /\.(service|socket|target)$/ },
  { from: "LICENSE", to: `${DOC}LICENSE` },
  { from: "README.md", to: `${DOC}README.md` },
  { from: "CHANGELOG.md", to: `${DOC}CHANGELOG.md` },
  { from: "docs/", to: `${DOC}docs/` },
  { from: "packaging/prometheus/", to: `${DOC}packaging/prometheus/` },
  { from: "packaging/grafana/", to: `${DOC}packaging/grafana/` },
  { from: "packaging/container/", to: `${DOC}packaging/container/` },
  { from: "packaging/kubernetes/", to: `${DOC}packaging/kubernetes/` },
];

/** Where the notices of what others wrote go. */
export const NOTICES = `${DOC}THIRD-PARTY-NOTICES`;
