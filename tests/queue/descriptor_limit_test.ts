import { assertEquals } from "@std/assert";
import { DescriptorWatch } from "../../lib/queue/descriptor_limit.ts";
import { ZmqError } from "../../lib/zmq/error.ts";
import { RecordingLog } from "../harness/recording_log.ts";

Deno.test("DescriptorWatch logs once when the whole system is at its limit, and once when it no longer is", async () => {
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

Deno.test("DescriptorWatch logs once that newcomers to ipc endpoints are kept out, however often that changes", async () => {
  const log = new RecordingLog();
  using watch = new DescriptorWatch({ socket: () => ({ close: () => {} }) }, log);
  for (const state of ["closed", "open", "closed", "open"] as const) watch.setGate(state);
  const [fields] = await log.entriesOf("descriptor limit reached", 1);
  assertEquals(fields?.effect, "nobody else can connect to ipc:// endpoints");
  await log.entriesOf("descriptor limit left", 1);
  assertEquals(log.events, ["descriptor limit reached", "descriptor limit left"]);
});
