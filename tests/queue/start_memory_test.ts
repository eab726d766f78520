import { assertEquals } from "@std/assert";
import { unwrittenRanges } from "../../lib/queue/start_memory.ts";
import { memoryMiB, residentMiB } from "../faults/memory.ts";
import { startQueue } from "../harness/programs.ts";
import { until } from "../harness/prometheus.ts";
import { scenario } from "../harness/scenario.ts";

/** A mapping as `/proc/PID/smaps` has it, with some of its lines. */
function mapping(range: string, mode: string, file: string, anonymousKb: number, others: object = {}): string {
  const head = `${range} ${mode} 022a3000 fe:00 101593${file === "" ? "" : ` ${file}`}`;
  const figures = { Size: 2048, Rss: 1024, Anonymous: anonymousKb, Swap: 0, ...others };
  return [head, ...Object.entries(figures).map(([name, kb]) => `${name}:`.padEnd(16) + `${kb} kB`), "VmFlags: rd mr"]
    .map((line) => `${line}\n`).join("");
}

Deno.test("unwrittenRanges() returns the parts of a file that nobody has written to or may write to", () => {
  const file = "/opt/simple pirate/spqueue (deleted)";
  const smaps = mapping("10000-20000", "r--p", file, 0) +
    mapping("20000-30000", "r-xp", file, 0) +
    mapping("30000-40000", "r--p", file, 4) +
    mapping("40000-50000", "rw-p", file, 0) +
    mapping("50000-60000", "r--s", file, 0) +
    mapping("60000-70000", "rw-p", "", 0) +
    mapping("70000-80000", "r-xp", "/usr/lib/libc.so.6", 0) +
    mapping("7f2f76dc0000-7f2f76fd0000", "r-xp", file, 0) +
    mapping("7fff00000000-7fff00001000", "r-xp", "[vdso]", 0);
  assertEquals(unwrittenRanges(smaps, file), [
    [0x10000n, 0x20000n],
    [0x20000n, 0x30000n],
    [0x7f2f76dc0000n, 0x7f2f76fd0000n],
  ]);
  // The lines of one mapping are not taken for those of another.
  assertEquals(unwrittenRanges(mapping("1000-2000", "r-xp", file, 4) + mapping("2000-3000", "rw-p", "", 0), file), []);
  assertEquals(unwrittenRanges("", file), []);
  assertEquals(unwrittenRanges(mapping("1000-2000", "r--p", file, 0, { Swap: 4 }), file), []);
  assertEquals(unwrittenRanges(mapping("1000-2000", "r--p", file, 0, { Rss: 0 }), file), []);
});

scenario("a listening queue gives back the memory that its start took", ["programs", "proc"], async () => {
  await using queue = await startQueue();
  // Up to 30 MiB; how much is the system's affair.
  const given = await until(() => {
    const given = memoryMiB(queue.pid, "VmHWM") - residentMiB(queue.pid);
    return Promise.resolve(given >= 20 ? given : undefined);
  }, "a queue to give memory back");
  assertEquals(given >= 20, true);
});
