import { assertEquals } from "@std/assert";
import { parseCounts } from "../../../bench/parts/system_calls.ts";

Deno.test("parseCounts() reads strace's table", () => {
  const table = `strace: Process 12 attached with 3 threads
strace: Process 12 detached
    calls syscall
--------- ----------------
    20898 poll
      512 epoll_wait
--------- ----------------
    21410 total
`;
  assertEquals([...parseCounts(table)], [["poll", 20898], ["epoll_wait", 512], ["all", 21410]]);
});

Deno.test("parseCounts() finds nothing in a failure", () => {
  assertEquals(parseCounts("strace: attach: ptrace(PTRACE_SEIZE, 12): Operation not permitted\n").size, 0);
});
