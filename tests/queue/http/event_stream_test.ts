import { assert, assertEquals } from "@std/assert";
import { EventStream } from "../../../lib/queue/http/event_stream.ts";
import { type QueueStatus, statusOf } from "../../../lib/queue/status/status.ts";
import { busySnapshot, FACTS } from "../status/snapshot_of.ts";

/** A status at a time of the wall clock, in which a worker has left again, so long ago. */
function statusAt(at: string, agoMs: number): QueueStatus {
  const status = statusOf(busySnapshot(), FACTS, { at, paused: null, drain: null });
  return { ...status, departed: [{ ...status.departed[0]!, agoMs }], exhausted: [] };
}

/** A reader of the events, which takes what is written at once. */
class Reader implements AsyncDisposable {
  readonly #end = new AbortController();
  readonly #ended: Promise<void>;
  #text = "";

  constructor(events: EventStream) {
    const conn = {
      write: (bytes: Uint8Array) => {
        this.#text += new TextDecoder().decode(bytes);
        return Promise.resolve(bytes.length);
      },
      read: () => new Promise<never>(() => {}),
    };
    const response = events.respond();
    assert("stream" in response);
    this.#ended = response.stream(conn as unknown as Deno.Conn, this.#end.signal);
  }

  /** What the rows say since this was called last, one object for each event. */
  async rows(): Promise<Record<string, unknown>[]> {
    // All that is under way are promises that resolve without any input or output.
    await new Promise((resolve) => setTimeout(resolve, 0));
    const text = this.#text;
    this.#text = "";
    return Array.from(text.matchAll(/^event: rows\ndata: (.*)$/gm), ([, data]) => JSON.parse(data!));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#end.abort();
    await this.#ended;
  }
}

Deno.test("EventStream reports a peer that left again, even if the clock was set back or forward meanwhile", async () => {
  const events = new EventStream();
  events.send(statusAt("2026-01-01T12:00:00.000Z", 5000), 1000);
  await using reader = new Reader(events);
  assertEquals((await reader.rows()).map(({ isWhole }) => isWhole), [true]);
  events.send(statusAt("2026-01-01T11:00:01.000Z", 900), 2000);
  assertEquals((await reader.rows()).map(({ departed }) => departed !== undefined), [true]);
  // It left no further time.
  events.send(statusAt("2026-01-01T13:00:02.000Z", 1900), 3000);
  assertEquals(await reader.rows(), []);
});
