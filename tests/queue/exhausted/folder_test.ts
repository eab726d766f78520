import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import { ExhaustedFolder, keepReason } from "../../../lib/queue/exhausted/folder.ts";
import type { ExhaustedCopy } from "../../../lib/queue/exhausted/record.ts";
import { Folder } from "../../harness/folder.ts";
import { RecordingLog } from "../../harness/recording_log.ts";
import { scenario } from "../../harness/scenario.ts";

const NEEDS = ["files"] as const;
const START_MS = Date.UTC(2026, 10, 30, 9, 15);

function copyOf(number: number, body: readonly Uint8Array<ArrayBuffer>[]): ExhaustedCopy {
  const atMs = START_MS + number;
  return { digest: "ab", number, client: "x", receivedAtMs: START_MS, exhaustedAtMs: atMs, workers: [], body };
}

const utf8 = (text: string) => new TextEncoder().encode(text);
const write = (path: string, text: string) => Deno.writeTextFileSync(path, text);
const readRecord = (path: string) => JSON.parse(Deno.readTextFileSync(path));
const namesIn = (path: string) => Array.from(Deno.readDirSync(path), ({ name }) => name);
const modeOf = (path: string) => (Deno.statSync(path).mode! & 0o777).toString(8);

scenario("ExhaustedFolder keeps a body as it is, with a description, for its owner alone", NEEDS, async () => {
  using folder = new Folder();
  const path = folder.file("made/here");
  const log = new RecordingLog();
  using kept = await ExhaustedFolder.open(path, log);
  assertEquals([modeOf(path), namesIn(path)], ["700", []]);
  await kept.keep(copyOf(0, [new Uint8Array([0xff, 0])]));
  const name = `${path}/20261130T091500.000Z-ab`;
  assertEquals([modeOf(`${name}.body`), modeOf(`${name}.json`)], ["600", "600"]);
  assertEquals(await Deno.readFile(`${name}.body`), new Uint8Array([0xff, 0]));
  assertEquals(readRecord(`${name}.json`).bytes, 2);
  assertEquals(log.entries, [
    { level: "info", event: "exhausted request kept", fields: { file: `${name}.body`, digest: "ab", client: "x" } },
  ]);
});

scenario("ExhaustedFolder keeps several frames in the description alone", NEEDS, async () => {
  using folder = new Folder();
  const log = new RecordingLog();
  using kept = await ExhaustedFolder.open(folder.path, log);
  await kept.keep(copyOf(0, [utf8("a"), utf8("b")]));
  assertEquals(folder.names, ["20261130T091500.000Z-ab.json"]);
  assertEquals(readRecord(folder.file(folder.names[0]!)).frames, ["a", "b"]);
  assertEquals(log.entries[0]!.fields.file, folder.file(folder.names[0]!));
});

scenario(
  "ExhaustedFolder drops the oldest when there are too many, including those of earlier runs, and nothing else",
  NEEDS,
  async () => {
    using folder = new Folder();
    write(folder.file("notes.txt"), "mine");
    for (let number = 0; number < 1000; number++) {
      const stamp = new Date(START_MS - 1000 + number).toISOString().replaceAll(/[-:]/g, "");
      write(folder.file(`${stamp}-cd.json`), "{}");
    }
    const oldest = folder.names.slice(0, 2);
    using kept = await ExhaustedFolder.open(folder.path, undefined);
    await Promise.all([kept.keep(copyOf(0, [utf8("a")])), kept.keep({ ...copyOf(0, [utf8("b")]), number: 1 })]);
    const { names } = folder;
    assertEquals([0, 1, 2].map((number) => kept.fileOf(number)), [
      folder.file("20261130T091500.000Z-ab.body"),
      folder.file("20261130T091500.000Z-ab-2.body"),
      undefined,
    ]);
    assertEquals(names.length, 1 + 998 + 4);
    assertEquals(names.filter((name) => oldest.includes(name)), []);
    assertEquals(names.slice(-5), [
      ...["20261130T091500.000Z-ab-2.body", "20261130T091500.000Z-ab-2.json"],
      ...["20261130T091500.000Z-ab.body", "20261130T091500.000Z-ab.json", "notes.txt"],
    ]);
  },
);

scenario(
  "ExhaustedFolder logs why requests cannot be kept, with repeated lines limited, and continues",
  NEEDS,
  async () => {
    using folder = new Folder();
    const path = folder.file("kept");
    const log = new RecordingLog();
    {
      using kept = await ExhaustedFolder.open(path, log);
      await Deno.remove(path);
      for (let number = 0; number < 3; number++) await kept.keep(copyOf(number, [utf8("x")]));
      await Deno.mkdir(path);
      await kept.keep(copyOf(9, [utf8("x")]));
    }
    assertEquals(log.entries.map(({ level, event, fields }) => [level, event, fields.count]), [
      ["error", "exhausted request not kept", undefined],
      ["info", "exhausted request kept", undefined],
      ["error", "exhausted request not kept", 2],
    ]);
    assertMatch(String(log.entries[0]!.fields.reason), /^there is no such folder$/);
    assertEquals(namesIn(path).length, 2);
  },
);

scenario("ExhaustedFolder.open() rejects when nothing can be written there", NEEDS, async () => {
  using folder = new Folder();
  write(folder.file("file"), "");
  await assertRejects(() => ExhaustedFolder.open(folder.file("file"), undefined), Deno.errors.AlreadyExists);
  await assertRejects(() => ExhaustedFolder.open("/proc/exhausted", undefined), Error);
});

Deno.test("keepReason() leaves out the file's name and Deno's numbers", () => {
  const error = new Error("No space left on device (os error 28): writefile '/var/it's/a'");
  assertEquals(keepReason(error), "no space left on device");
});
