import { assertEquals, assertMatch } from "@std/assert";
import type { PermittedKey } from "../../../lib/access/permitted_keys.ts";
import { KeyWatch, type KeyWatchParts } from "../../../lib/queue/access/key_watch.ts";
import { within } from "../../harness/deadline.ts";
import { Folder } from "../../harness/folder.ts";
import { RecordingLog } from "../../harness/recording_log.ts";
import { scenario } from "../../harness/scenario.ts";

const KEY = "rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7";
const lineOf = (name: string) => `worker ${KEY} ${name}\n`;

/** A watch, and the names in the lists that it has reported. */
class Watched implements Disposable {
  readonly log = new RecordingLog();
  readonly #watch: KeyWatch;
  readonly #lists: string[] = [];
  #change = Promise.withResolvers<void>();

  constructor(folder: string, parts: Pick<KeyWatchParts, "read"> = {}) {
    const onChange = (keys: readonly PermittedKey[]) => {
      this.#lists.push(keys.map(({ name }) => name).join(" "));
      this.#change.resolve();
      this.#change = Promise.withResolvers();
    };
    this.#watch = new KeyWatch({ folder, onChange, log: this.log, ...parts });
  }

  /** Waits for a number of lists. */
  async lists(count: number): Promise<string[]> {
    while (this.#lists.length < count) {
      await within(this.#change.promise, () => `${count} lists, there are ${JSON.stringify(this.#lists)}`);
    }
    return this.#lists;
  }

  [Symbol.dispose](): void {
    this.#watch[Symbol.dispose]();
  }
}

scenario("KeyWatch notices an editor that replaces the list with another file", ["files"], async () => {
  using folder = new Folder();
  const path = folder.file("permitted");
  await Deno.writeTextFile(path, lineOf("a"));
  using watched = new Watched(folder.path);
  await watched.lists(1);
  // As vim: the old file becomes the backup, and for a moment there is none.
  await Deno.rename(path, `${path}~`);
  await Deno.writeTextFile(path, lineOf("a") + lineOf("b").replace("rq", "rx"));
  assertEquals(await watched.lists(2), ["a", "a b"]);
  // As others: the new file is complete when it gets the name.
  await Deno.writeTextFile(folder.file("new"), lineOf("c"));
  await Deno.rename(folder.file("new"), path);
  assertEquals(await watched.lists(3), ["a", "a b", "c"]);
});

scenario("KeyWatch notices that Kubernetes has exchanged the folder behind a link", ["files"], async () => {
  using folder = new Folder();
  const publish = async (version: string, text: string) => {
    await Deno.mkdir(folder.file(`..${version}`));
    await Deno.writeTextFile(folder.file(`..${version}/permitted`), text);
    await Deno.symlink(`..${version}`, folder.file("..data_tmp"));
    await Deno.rename(folder.file("..data_tmp"), folder.file("..data"));
  };
  await publish("first", lineOf("a"));
  await Deno.symlink("..data/permitted", folder.file("permitted"));
  using watched = new Watched(folder.path);
  await watched.lists(1);
  await publish("second", lineOf("b"));
  await Deno.remove(folder.file("..first"), { recursive: true });
  assertEquals(await watched.lists(2), ["a", "b"]);
  assertEquals(watched.log.events, ["permitted keys changed"]);
});

scenario("KeyWatch keeps the list in force while a line is wrong or there is no file, and says so once", [
  "files",
], async () => {
  using folder = new Folder();
  const path = folder.file("permitted");
  await Deno.writeTextFile(path, lineOf("a"));
  using watched = new Watched(folder.path);
  await watched.lists(1);
  await Deno.writeTextFile(path, `${lineOf("a")}boss ${KEY} b\n`);
  const [wrong] = await watched.log.entriesOf("permitted keys not read", 1);
  assertMatch(String(wrong!.reason), /permitted": line 2/);
  await Deno.remove(path);
  const [, missing] = await watched.log.entriesOf("permitted keys not read", 2);
  assertMatch(String(missing!.reason), /there is no such file$/);
  await Deno.writeTextFile(path, lineOf("c"));
  assertEquals(await watched.lists(2), ["a", "c"]);
  assertEquals(watched.log.events, [
    "permitted keys not read",
    "permitted keys not read",
    "permitted keys changed",
  ]);
});

Deno.test("KeyWatch waits until a list that is being written stays the same", async () => {
  // An empty list would shut everybody out.
  const looks = ["a", "", "a", "a b", "a b c", "a b c", "a b c"];
  let look = 0;
  const read = () => {
    const text = looks[Math.min(look++, looks.length - 1)]!;
    const keys = text.split(" ").map((name) => ({ name, publicKey: KEY, roles: ["worker"] as const }));
    return Promise.resolve({ keys, text });
  };
  using watched = new Watched("", { read });
  assertEquals(await watched.lists(2), ["a", "a b c"]);
});

Deno.test("KeyWatch ends its current look when it ends, and reports nothing afterwards", async () => {
  const reported: unknown[] = [];
  const onChange = (keys: unknown) => reported.push(keys);
  const read = async (_folder: string, end: AbortSignal) => {
    await new Promise((resolve) => end.addEventListener("abort", resolve));
    return { keys: [], text: "# nobody\n" };
  };
  const watch = new KeyWatch({ folder: "", onChange, log: undefined, read });
  watch[Symbol.dispose]();
  await watch.settled;
  assertEquals(reported, []);
});
