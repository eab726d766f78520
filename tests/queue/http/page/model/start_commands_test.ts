import { assertEquals } from "@std/assert";
import { clientCommand, workerCommand } from "../../../../../lib/queue/http/page/model/start_commands.ts";

const HERE = "on this machine (tau)";
const THERE = "on the queue's machine (tau)";
const ANYWHERE = "on any machine that reaches the queue";

Deno.test("workerCommand() names the endpoint at which the queue can be reached, and from where", () => {
  const cases: readonly (readonly [string, string, string, string])[] = [
    ["tcp://127.0.0.1:5556", "localhost", "tcp://127.0.0.1:5556", HERE],
    ["tcp://127.0.0.1:5556", "ops.example", "tcp://127.0.0.1:5556", THERE],
    ["tcp://[::1]:5556", "ops.example", "tcp://[::1]:5556", THERE],
    ["tcp://0.0.0.0:5556", "ops.example", "tcp://tau:5556", ANYWHERE],
    ["tcp://[::]:5556", "localhost", "tcp://tau:5556", ANYWHERE],
    ["tcp://*:5556", "localhost", "tcp://tau:5556", ANYWHERE],
    ["tcp://10.0.0.7:5556", "localhost", "tcp://10.0.0.7:5556", ANYWHERE],
    ["ipc:///run/a b's", "127.0.0.1", "'ipc:///run/a b'\\''s'", HERE],
  ];
  for (const [bound, pageHost, endpoint, where] of cases) {
    assertEquals(workerCommand({ endpoints: [bound], needsKey: false, host: "tau", pageHost }), {
      command: `spworker --exec 'tr a-z A-Z' --connect ${endpoint}`,
      where,
    });
  }
});

Deno.test("workerCommand() uses the page's host if the queue's is not known, unless it is the end of a tunnel", () => {
  const endpoints = ["tcp://*:5556"];
  const connected = (pageHost: string) => {
    const { command, where } = workerCommand({ endpoints, needsKey: false, host: null, pageHost });
    return [command.replace(/.*--connect /, ""), where];
  };
  assertEquals(connected("ops.example"), ["tcp://ops.example:5556", ANYWHERE]);
  assertEquals(connected("127.0.0.1"), ["tcp://127.0.0.1:5556", "on this machine"]);
});

Deno.test("clientCommand() names a key where one is needed, and the endpoint that others reach", () => {
  const endpoints = ["ipc:///run/q", "tcp://10.0.0.7:5555"];
  assertEquals(clientCommand({ endpoints, needsKey: true, host: null, pageHost: "h" }), {
    command: "spclient --key FILE --connect tcp://10.0.0.7:5555 'hello'",
    where: ANYWHERE,
  });
});
