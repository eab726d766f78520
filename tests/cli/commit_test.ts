/** The commit that a program says it was made from. */

import { assertEquals } from "@std/assert";
import { checkedOutCommit } from "../../lib/cli/commit.ts";
import { Folder } from "../harness/folder.ts";
import { scenario } from "../harness/scenario.ts";

const HASH = "0123456789abcdef0123456789abcdef01234567";
const OTHER = "76543210fedcba9876543210fedcba9876543210";

/** Writes files below a folder, making theirs. */
async function write(folder: Folder, files: Readonly<Record<string, string>>): Promise<URL> {
  const root = new URL(`file://${folder.path}/`);
  for (const [path, text] of Object.entries(files)) {
    const file = new URL(path, root);
    await Deno.mkdir(new URL("./", file), { recursive: true });
    await Deno.writeTextFile(file, text);
  }
  return root;
}

scenario("checkedOutCommit() reads a branch, a packed branch and a commit without a branch", ["files"], async () => {
  const branch = { ".git/HEAD": "ref: refs/heads/a/b\n" };
  for (
    const files of [
      { ...branch, ".git/refs/heads/a/b": `${HASH}\n`, ".git/packed-refs": `${OTHER} refs/heads/a/b\n` },
      { ...branch, ".git/packed-refs": `# pack-refs\n${OTHER} refs/heads/b\n${HASH} refs/heads/a/b\n` },
      { ".git/HEAD": `${HASH}\n` },
    ]
  ) {
    using folder = new Folder();
    assertEquals(await checkedOutCommit(await write(folder, files)), HASH);
  }
});

scenario("checkedOutCommit() reads the branch of a worktree", ["files"], async () => {
  using folder = new Folder();
  const root = await write(folder, {
    "main/.git/refs/heads/a": `${OTHER}\n`,
    "main/.git/refs/heads/b": `${HASH}\n`,
    "main/.git/worktrees/tree/HEAD": "ref: refs/heads/b\n",
    "main/.git/worktrees/tree/commondir": "../..\n",
    "tree/.git": `gitdir: ${folder.path}/main/.git/worktrees/tree\n`,
  });
  assertEquals(await checkedOutCommit(new URL("tree/", root)), HASH);
});

scenario("checkedOutCommit() is undefined where there is no commit to read", ["files"], async () => {
  for (
    const files of [
      {},
      { ".git": "gitdir: /nonexistent\n" },
      { ".git/HEAD": "ref: refs/heads/none\n" },
      { ".git/HEAD": "nonsense\n" },
    ]
  ) {
    using folder = new Folder();
    assertEquals(await checkedOutCommit(await write(folder, files)), undefined);
  }
});
