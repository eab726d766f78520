import { assertEquals } from "@std/assert";
import { parseThreads } from "../../../bench/parts/threads.ts";

const BOTH = `thread /proc/7/task/7
a queue
1500000 20 3
voluntary_ctxt_switches:\t40
nonvoluntary_ctxt_switches:\t2
thread /proc/7/task/8
ZMQbg/IO/0
9000 0 1
voluntary_ctxt_switches:\t1
nonvoluntary_ctxt_switches:\t0
`;

Deno.test("parseThreads() reads each thread's name, processor time and switches", () => {
  assertEquals([...parseThreads(BOTH)], [
    ["/proc/7/task/7", { name: "a queue", cpuUs: 1500, switches: 42 }],
    ["/proc/7/task/8", { name: "ZMQbg/IO/0", cpuUs: 9, switches: 1 }],
  ]);
});

Deno.test("parseThreads() leaves threads out that ended while they were read", () => {
  const cut = BOTH.replace("9000 0 1\nvoluntary_ctxt_switches:\t1\nnonvoluntary_ctxt_switches:\t0\n", "");
  assertEquals([...parseThreads(cut).keys()], ["/proc/7/task/7"]);
  assertEquals([...parseThreads("thread /proc/7/task/*\n").keys()], []);
});
