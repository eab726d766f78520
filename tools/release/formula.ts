/**
 * The Homebrew formula.
 *
 * @module
 */

/** The four archives that a formula can name. */
const BLOCKS = [
  ["on_macos", "on_arm", "macos-arm64"],
  ["on_macos", "on_intel", "macos-x64"],
  ["on_linux", "on_arm", "linux-arm64"],
  ["on_linux", "on_intel", "linux-x64"],
] as const;

/** What a formula is made from. */
export interface FormulaSource {
  /** The version. */
  readonly version: string;
  /** The page of the project. */
  readonly homepage: string;
  /** The URL of the folder with the archives. */
  readonly downloads: string;
  /** The SHA-256 sums of the files there, by name. */
  readonly sums: ReadonlyMap<string, string>;
}

/**
 * Writes the formula.
 *
 * @param source What it is made from.
 * @returns The text of `simple-pirate.rb`.
 * @throws {Error} When there is no archive at all.
 */
export function formulaText({ version, homepage, downloads, sums }: FormulaSource): string {
  const blocks = (system: string): string => {
    const inner = BLOCKS.filter(([on]) => on === system).flatMap(([, processor, platform]) => {
      const name = `simple-pirate-${version}-${platform}.tar.gz`;
      const sum = sums.get(name);
      if (sum === undefined) return [];
      return [`    ${processor} do\n      url "${downloads}/${name}"\n      sha256 "${sum}"\n    end\n`];
    });
    return inner.length === 0 ? "" : `  ${system} do\n${inner.join("")}  end\n\n`;
  };
  const archives = blocks("on_macos") + blocks("on_linux");
  if (archives === "") throw new Error(`Cannot write a formula without an archive of version ${version}`);
  return `class SimplePirate < Formula
  desc "Request-reply queue that survives crashing workers, on ZeroMQ"
  homepage "${homepage}"
  version "${version}"
  license "MIT"

${archives}  def install
    bin.install Dir["bin/*"]
    man.install Dir["share/man/*"]
    bash_completion.install Dir["share/bash-completion/completions/*"]
    zsh_completion.install Dir["share/zsh/site-functions/*"]
    fish_completion.install Dir["share/fish/vendor_completions.d/*"]
    doc.install Dir["share/doc/simple-pirate/*"]
  end

  service do
    run [opt_bin/"spqueue"]
    keep_alive true
    log_path var/"log/spqueue.log"
    error_log_path var/"log/spqueue.log"
  end

  test do
    assert_match version.to_s, shell_output("#{bin}/spqueue --version")
    queue = spawn bin/"spqueue", "--frontend", "ipc://#{testpath}/f", "--backend", "ipc://#{testpath}/b"
    worker = spawn bin/"spworker", "--connect", "ipc://#{testpath}/b", "--exec", "cat"
    assert_equal "hello", shell_output("#{bin}/spclient --connect ipc://#{testpath}/f hello")
  ensure
    Process.kill "TERM", worker, queue
  end
end
`;
}
