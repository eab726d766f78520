import { assertEquals } from "@std/assert";
import { hasSeveralIoThreads, ioThreadsOf, MAX_IO_THREADS } from "../../../lib/queue/relay/io_threads.ts";

Deno.test("ioThreadsOf() gives each side its own threads, and the backend one more of an odd number", () => {
  const of = (threads: number) =>
    (["frontend", "backend"] as const).map((side) => ioThreadsOf(side, threads).toString(2));
  assertEquals([1, 2, 3, 4, 5].map(of), [["0", "0"], ["1", "10"], ["1", "110"], ["11", "1100"], ["11", "11100"]]);
});

Deno.test("ioThreadsOf() leaves no thread out, whatever their number", () => {
  for (let threads = 2; threads <= MAX_IO_THREADS; threads++) {
    const [frontend, backend] = [ioThreadsOf("frontend", threads), ioThreadsOf("backend", threads)];
    assertEquals([frontend & backend, frontend | backend], [0, 2 ** threads - 1], `${threads} threads`);
  }
});

Deno.test("hasSeveralIoThreads() is true of the sides that have more than one", () => {
  for (let threads = 2; threads <= MAX_IO_THREADS; threads++) {
    for (const side of ["frontend", "backend"] as const) {
      const count = ioThreadsOf(side, threads).toString(2).replaceAll("0", "").length;
      assertEquals(hasSeveralIoThreads(side, threads), count > 1, `${side} with ${threads} threads`);
    }
  }
  assertEquals([hasSeveralIoThreads("frontend", 1), hasSeveralIoThreads("backend", 1)], [false, false]);
});
