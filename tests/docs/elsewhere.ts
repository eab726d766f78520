/**
 * What the documents name and the tests cannot resolve, since it is not in this repository. The tests compare these lists with
 * the documents, so that nothing is added or left over unseen.
 *
 * @module
 */

/** Pages elsewhere to which documents link. */
export const EXTERNAL_LINKS: readonly string[] = [
  "https://deno.com",
  "https://github.com/zeromq/jeromq",
  "https://nats.io",
  "https://pyzmq.readthedocs.io",
  "https://zguide.zeromq.org/docs/chapter4/#Basic-Reliable-Queuing-Simple-Pirate-Pattern",
];

/** Programs that commands in documents run besides ours. They come with the machine, or their reader has them. */
export const FOREIGN_PROGRAMS: readonly string[] = [
  "./classify",
  "./spqueue-0.1.0-linux-x64",
  "./work",
  "brew",
  "cd",
  "chmod",
  "cp",
  "curl",
  "docker",
  "echo",
  "examples/word_count.sh",
  "export",
  "gh",
  "gunzip",
  "gzip",
  "install",
  "kubectl",
  "mkdir",
  "openssl",
  "packaging/container/context",
  "seq",
  "sha256sum",
  "shasum",
  "source",
  "sudo",
  "systemctl",
  "tail",
  "tar",
  "useradd",
  "wc",
  "xattr",
  "xz",
  "zstd",
];

/** Flags of other programs than ours. */
export const FOREIGN_FLAGS: Readonly<Record<string, readonly string[]>> = {
  deno: [
    "--allow-env",
    "--allow-ffi",
    "--allow-net",
    "--allow-read",
    "--allow-run",
    "--allow-sys",
    "--allow-write",
    "--config",
    "--include",
    "--no-lock",
    "--no-prompt",
    "--unstable-raw-imports",
    "--v8-flags",
  ],
  V8: [
    "--max-semi-space-size",
    "--no-maglev",
    "--no-turbofan",
    "--perf-basic-prof",
    "--single-threaded",
    "--trace-gc",
  ],
  sha256sum: ["--check", "--ignore-missing"],
  shasum: ["--algorithm"],
  tar: ["--strip-components"],
  zstd: ["--long"],
  gh: ["--repo"],
  brew: ["--repository"],
  systemctl: ["--now"],
  useradd: ["--system"],
  npm: ["--prefix"],
  docker: [
    "--cap-drop",
    "--detach",
    "--from",
    "--init",
    "--memory",
    "--name",
    "--publish",
    "--read-only",
    "--rm",
    "--stop-timeout",
    "--user",
    "--volume",
  ],
  buildah: ["--format"],
  gearmand: ["--job-retries"],
  kubectl: ["--dry-run", "--from-file"],
};

/** Names that documents show as slips. */
export const SLIPS: readonly string[] = ["SPQ_FRONTENDS"];
