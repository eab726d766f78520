import { assertEquals } from "@std/assert";
import { clientCommand, workerCommand } from "../../../../../lib/queue/http/page/model/start_commands.ts";

const HERE = "on the queue's machine";
const ANYWHERE = "on any machine that reaches the queue";

Deno.test("workerCommand() names the endpoint as it can be reached, and where", () => {
  const cases: readonly (readonly [string, string, string, string])[] = [
    ["tcp://127.0.0.1:5556", "queue.example", "tcp://127.0.0.1:5556", HERE],
    ["tcp://[::1]:5556", "queue.example", "tcp://[::1]:5556", HERE],
    ["tcp://0.0.0.0:5556", "queue.example", "tcp://queue.example:5556", ANYWHERE],
    ["tcp://[::]:5556", "queue.example", "tcp://queue.example:5556", ANYWHERE],
    ["tcp://*:5556", "localhost", "tcp://127.0.0.1:5556", HERE],
    ["tcp://10.0.0.7:5556", "localhost", "tcp://10.0.0.7:5556", ANYWHERE],
    ["ipc:///run/a b's", "queue.example", "'ipc:///run/a b'\\''s'", HERE],
  ];
  for (const [bound, host, endpoint, where] of cases) {
    assertEquals(workerCommand({ endpoints: [bound], needsKey: false, host }), {
      command: `spworker --exec 'tr a-z A-Z' --connect ${endpoint}`,
      where,
    });
  }
});

Deno.test("clientCommand() names a key where one is needed, and the endpoint that others reach", () => {
  const endpoints = ["ipc:///run/q", "tcp://10.0.0.7:5555"];
  assertEquals(clientCommand({ endpoints, needsKey: true, host: "h" }), {
    command: "spclient --key FILE --connect tcp://10.0.0.7:5555 'hello'",
    where: ANYWHERE,
  });
});
