import { assertEquals } from "@std/assert";
import { queueName } from "../../../../../lib/queue/http/page/model/endpoint_names.ts";

Deno.test("queueName() is the frontend's host and port, or its path", () => {
  const cases: readonly (readonly [readonly string[], string | null, string])[] = [
    [["tcp://127.0.0.1:5555"], "tau", "127.0.0.1:5555"],
    [["tcp://[::1]:5555"], "tau", "[::1]:5555"],
    // All of these would have the same name.
    [["tcp://0.0.0.0:5555"], "tau", "tau:5555"],
    [["tcp://[::]:5555"], "tau", "tau:5555"],
    [["tcp://0.0.0.0:5555"], null, "0.0.0.0:5555"],
    [["ipc:///run/queue", "tcp://10.0.0.7:5555"], "tau", "10.0.0.7:5555"],
    [["ipc:///run/queue"], "tau", "/run/queue"],
  ];
  for (const [frontend, host, name] of cases) assertEquals(queueName({ frontend, host }), name);
});
