import { assertEquals } from "@std/assert";
import { DescriptorWatch } from "../../lib/queue/descriptor_limit.ts";
import { ZmqError } from "../../lib/zmq/error.ts";
import { RecordingLog } from "../harness/recording_log.ts";

Deno.test("DescriptorWatch says once when the whole system is at its limit, and once when it is not", async () => {
  const outcomes = ["ENFILE", "ENFILE"];
  const log = new RecordingLog();
  using _ = new DescriptorWatch({
    socket: () => {
      const outcome = outcomes.shift();
      if (outcome !== undefined) throw new ZmqError("Cannot make a libzmq socket", outcome, "an error");
      return { close: () => {} };
    },
  }, log);
  await log.entriesOf("descriptor limit left", 1);
  assertEquals(log.events, ["descriptor limit reached", "descriptor limit left"]);
});
