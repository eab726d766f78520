import { assertEquals } from "@std/assert";
import { machineText, parseMachine } from "../../bench/machine.ts";

Deno.test("parseMachine() reads processor, cores, memory and kernel", () => {
  const cpuinfo = "processor\t: 0\nmodel name\t: Abacus 9\n\nprocessor\t: 1\nmodel name\t: Abacus 9\n";
  const machine = parseMachine(cpuinfo, {
    meminfo: "MemTotal:        4194304 kB\nMemFree: 1 kB\n",
    uname: "Linux 6.1",
  });
  assertEquals(machine, { processor: "Abacus 9", cores: 2, memoryBytes: 4 * 2 ** 30, kernel: "Linux 6.1" });
  assertEquals(machineText(machine), "Abacus 9, 2 cores, 4 GiB of memory, Linux 6.1");
});

Deno.test("parseMachine() knows what it does not know", () => {
  assertEquals(parseMachine("", { meminfo: "", uname: "" }), {
    processor: "unknown",
    cores: 0,
    memoryBytes: 0,
    kernel: "unknown",
  });
});
