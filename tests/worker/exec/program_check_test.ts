import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { checkProgram, checkShellSyntax } from "../../../lib/worker/exec/program_check.ts";
import { JobError } from "../../../lib/worker/job_error.ts";
import { unprivileged } from "../../harness/capabilities.ts";
import { Folder } from "../../harness/folder.ts";
import { scenario } from "../../harness/scenario.ts";

const NEEDS = ["ffi", "shell", "files"] as const;

/** Makes a program. */
function program(folder: Folder, name: string, content: string | Uint8Array, mode: number = 0o755): string {
  const path = folder.file(name);
  if (typeof content === "string") Deno.writeTextFileSync(path, content);
  else Deno.writeFileSync(path, content);
  Deno.chmodSync(path, mode);
  return path;
}

/** Whether the system starts a program. */
async function starts(path: string): Promise<boolean> {
  try {
    await new Deno.Command(path, { stdin: "null", stdout: "null", stderr: "null" }).output();
    return true;
  } catch {
    return false;
  }
}

/** A binary for another system: this one's shell, with the name of its loader changed. */
function foreignBinary(): Uint8Array {
  const binary = Deno.readFileSync("/bin/sh");
  const head = new TextDecoder("latin1").decode(binary.subarray(0, 4096));
  const at = head.indexOf("/ld-");
  binary.set(new TextEncoder().encode("/no-"), at);
  return binary;
}

scenario("checkProgram() says why a program cannot be started, in agreement with the system", NEEDS, async () => {
  using folder = new Folder();
  await Deno.mkdir(folder.file("folder"));
  await Deno.symlink("nowhere", folder.file("dangling"));
  const cases: [path: string, phrase: string][] = [
    [folder.file("missing"), "there is no such program"],
    [folder.file("dangling"), "there is no such program"],
    [folder.file("folder"), "it is a folder, not a program"],
    [program(folder, "plain", "echo", 0o644), "it is not executable"],
    [program(folder, "crlf", "#!/bin/sh\r\ncat\r\n"), "its first line ends with a carriage return"],
    [program(folder, "gone", "#!/opt/python9 -u\n"), 'names "/opt/python9", which cannot be started: there is no such'],
    [program(folder, "nested", `#!${folder.file("gone")}\n`), 'names "/opt/python9", which cannot be started'],
    [program(folder, "in-folder", "#!/tmp\n"), 'names "/tmp", which cannot be started: it is a folder'],
    [program(folder, "foreign", foreignBinary()), "which does not exist: it was built for another system"],
  ];
  for (const [path, phrase] of cases) {
    assertThrows(() => checkProgram(path), JobError, phrase);
    assertEquals(await starts(path), false, path);
  }
});

scenario("checkProgram() says why a program would fail whenever it is started", NEEDS, () => {
  using folder = new Folder();
  const cases: [path: string, phrase: string][] = [
    // The system starts `env`, which fails.
    [program(folder, "env", "#!/usr/bin/env python9\n"), 'names "python9", which cannot be started: there is no such'],
    [program(folder, "env-s", "#!/usr/bin/env -S python9 -u\n"), 'names "python9"'],
    [program(folder, "env-crlf", "#!/usr/bin/env sh\r\n"), "its first line ends with a carriage return"],
    // A shell may read it, or it may fail: that depends on how it is started.
    [program(folder, "text", "cat\n"), "it does not begin with #! and an interpreter"],
    [program(folder, "empty", ""), "it does not begin with #!"],
    // The shell starts in the place of the interpreter.
    [program(folder, "mark", "\ufeff#!/bin/cat\n"), "it begins with a byte order mark"],
  ];
  for (const [path, phrase] of cases) assertThrows(() => checkProgram(path), JobError, phrase);
  return Promise.resolve();
});

scenario("checkProgram() accepts programs that the system can start", NEEDS, async () => {
  using folder = new Folder();
  const script = program(folder, "script", "#!/bin/sh\n");
  const paths = [
    "/bin/sh",
    script,
    program(folder, "nested", `#! ${script} -x\n`),
    program(folder, "env", "#!/usr/bin/env sh\n"),
  ];
  await Deno.symlink(script, folder.file("link"));
  for (const path of [...paths, folder.file("link")]) {
    checkProgram(path);
    assertEquals(await starts(path), true, path);
  }
});

scenario(
  "checkProgram() looks up a name in PATH, skipping files that are not programs",
  ["programs", ...NEEDS],
  async () => {
    using folder = new Folder();
    const folders = ["missing", "folder", "plain", "right"].map((name) => folder.file(name));
    for (const path of folders.slice(1)) await Deno.mkdir(path);
    await Deno.mkdir(folder.file("folder/tool"));
    program(folder, "plain/tool", "echo", 0o644);
    program(folder, "right/tool", "#!/bin/sh\n");
    program(folder, "plain/only-plain", "echo", 0o644);
    const check = async (name: string, path: string): Promise<string> => {
      const code = `import { checkProgram } from "${new URL(
        "../../../lib/worker/exec/program_check.ts",
        import.meta.url,
      )}";
      try { checkProgram(${JSON.stringify(name)}); } catch (error) { console.log(error.message); }`;
      const { stdout } = await new Deno.Command(Deno.execPath(), {
        args: ["eval", "--no-check", code],
        env: { PATH: path },
      }).output();
      return new TextDecoder().decode(stdout).trim();
    };
    assertEquals(await check("tool", folders.join(":")), "");
    assertEquals(
      await check("only-plain", folders.join(":")),
      'Cannot start program "only-plain": it is not executable; see chmod(1)',
    );
    const missing = 'Cannot start program "tool": there is no such program; give its path, or put it in PATH';
    assertEquals(await check("tool", folders.slice(0, 2).join(":")), missing);
    assertEquals(await check("tool", ""), missing);
  },
);

scenario("checkProgram() accepts what may be executed but not read", [...NEEDS, "unprivileged"], async () => {
  using folder = new Folder();
  await Deno.chmod(folder.path, 0o755);
  const path = program(folder, "secret", await Deno.readFile("/bin/true"), 0o111);
  const code = `import { checkProgram } from "${new URL("../../../lib/worker/exec/program_check.ts", import.meta.url)}";
    checkProgram(${JSON.stringify(path)});`;
  const [command = "", ...args] = unprivileged([Deno.execPath(), "eval", "--no-check", code]);
  const { success } = await new Deno.Command(command, { args }).output();
  assertEquals(success, true);
});

scenario("checkShellSyntax() says what is wrong with a command, and runs nothing", NEEDS, async () => {
  using folder = new Folder();
  for (const text of ["if true", "cat |", "echo 'open", "(cat"]) {
    const script = `touch ${folder.file("ran")}; ${text}`;
    const error = await assertRejects(() => checkShellSyntax(["/bin/sh", "-c", script]), JobError, "the shell says");
    assertEquals(error.code, "NOT_STARTED");
  }
  await checkShellSyntax(["/bin/sh", "-c", `touch ${folder.file("ran")}; cat | sort`]);
  await checkShellSyntax(["if", "-c", "if"]);
  assertEquals(folder.names, []);
});
