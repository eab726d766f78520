import { assertEquals } from "@std/assert";
import { parseListening } from "../../../bench/run/queue_process.ts";

Deno.test("parseListening() reads the line of each kind of queue", () => {
  assertEquals(parseListening("listening tcp://127.0.0.1:1 tcp://127.0.0.1:2"), {
    frontend: "tcp://127.0.0.1:1",
    backend: "tcp://127.0.0.1:2",
  });
  assertEquals(parseListening('{"event":"listening","frontend":["tcp://a:1","ipc://b"],"backend":["tcp://a:2"]}'), {
    frontend: "tcp://a:1",
    backend: "tcp://a:2",
  });
  const nats = "[473] 2026/11/25 21:41:17.901737 [INF] Listening for client connections on 127.0.0.1:41129";
  assertEquals(parseListening(nats), { frontend: "tcp://127.0.0.1:41129", backend: "tcp://127.0.0.1:41129" });
  const gearmand = "   INFO 2026-11-30 16:22:33.000000 [  main ] Listening on 127.0.0.1:28555 (9)";
  assertEquals(parseListening(gearmand), { frontend: "tcp://127.0.0.1:28555", backend: "tcp://127.0.0.1:28555" });
});

Deno.test("parseListening() ignores other lines", () => {
  assertEquals(parseListening("listening"), undefined);
  assertEquals(parseListening('{"event":"stopped","frontend":["tcp://a:1"],"backend":["tcp://a:2"]}'), undefined);
  assertEquals(parseListening('{"event":"listening","frontend":"tcp://a:1","backend":"tcp://a:2"}'), undefined);
  assertEquals(parseListening("[473] [INF] Server is ready"), undefined);
});
