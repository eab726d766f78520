import { assertEquals } from "@std/assert";
import { installedPath } from "../../../tools/deb/installed_path.ts";

const SERVICE = "/usr/share/doc/spqueue/packaging/kubernetes/base/service.yaml";

Deno.test("installedPath() puts each file of an archive where Debian looks for it", () => {
  const cases = [
    ["bin/spqueue", "/usr/bin/spqueue"],
    ["lib/systemd/system/spworker@.service", "/lib/systemd/system/spworker@.service"],
    ["share/man/man7/spqueue-protocol.7", "/usr/share/man/man7/spqueue-protocol.7.gz"],
    ["share/bash-completion/completions/spclient", "/usr/share/bash-completion/completions/spclient"],
    ["share/zsh/site-functions/_spqueue", "/usr/share/zsh/vendor-completions/_spqueue"],
    ["share/doc/simple-pirate/docs/access.md", "/usr/share/doc/spqueue/docs/access.md"],
    ["share/doc/simple-pirate/CHANGELOG.md", "/usr/share/doc/spqueue/changelog.gz"],
    ["share/doc/simple-pirate/LICENSE", undefined],
    ["share/doc/simple-pirate/THIRD-PARTY-NOTICES", "/usr/share/doc/spqueue/THIRD-PARTY-NOTICES"],
    ["share/doc/simple-pirate/packaging/container/context", "/usr/share/doc/spqueue/packaging/container/context"],
    ["share/doc/simple-pirate/packaging/kubernetes/base/service.yaml", SERVICE],
  ] as const;
  for (const [path, expected] of cases) {
    const installed = installedPath(path, "spqueue");
    assertEquals(installed?.dst, expected);
    assertEquals(installed?.isCompressed ?? false, expected?.endsWith(".gz") ?? false);
    assertEquals(installed?.isProgram ?? false, /^bin|context$/.test(path), path);
  }
});
