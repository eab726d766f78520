import { assertEquals } from "@std/assert";
import {
  type ConnectionEvent,
  type FrontendMessage,
  type FrontendMessageKind,
  FrontendReader,
  isGivenIdentity,
} from "../../../lib/queue/relay/frontend.ts";

/** A frontend of arrays. */
class FakeFrontend {
  /** What has come, in the order in which libzmq gives it. */
  readonly messages: FrontendMessage<string>[] = [];
  readonly events: ConnectionEvent[] = [];
  readonly assigned = new Set<string>();
  isFull = false;
  nowMs = 0;
  reads = 0;
  readonly reader: FrontendReader<string>;

  constructor(reportsConnections = true) {
    this.reader = new FrontendReader({
      receive: () => {
        this.reads++;
        return this.messages.shift();
      },
      receiveEvent: () => this.events.shift(),
      isAssigned: (identity) => this.assigned.has(identity),
      leavesUnread: () => this.isFull,
      now: () => this.nowMs,
    }, reportsConnections);
  }

  /** Messages come, each written as `kind identity`. */
  come(...texts: string[]): void {
    for (const text of texts) {
      const [kind, identity] = text.split(" ");
      this.messages.push({ kind: kind as FrontendMessageKind, identity: identity!, frames: [] });
    }
  }

  /** Reads up to a number of messages, each written as `kind identity`. */
  read(most = Infinity): string[] {
    const texts: string[] = [];
    while (texts.length < most) {
      const message = this.reader.next(this.nowMs);
      if (message === undefined) break;
      texts.push(`${message.kind} ${message.identity}`);
    }
    return texts;
  }
}

Deno.test("FrontendReader.next() returns the messages in their order, then undefined", () => {
  const frontend = new FakeFrontend();
  frontend.come("connected a", "request a", "gone a");
  assertEquals(frontend.read(), ["connected a", "request a", "gone a"]);
  assertEquals(frontend.reader.isUnsettled, false);
  assertEquals(frontend.reader.mayHaveNext, false);
  frontend.come("request b");
  frontend.reader.unsettle();
  assertEquals([frontend.reader.isUnsettled, frontend.reader.mayHaveNext], [true, true]);
  assertEquals(frontend.read(), ["request b"]);
});

Deno.test("FrontendReader.readAheadFor() finds a new connection of the identity, and keeps the order", () => {
  const frontend = new FakeFrontend();
  frontend.come("request a", "connected me", "request me");
  assertEquals(frontend.reader.readAheadFor("me"), true);
  assertEquals(frontend.reader.readAheadFor("a"), false);
  frontend.come("request b");
  assertEquals(frontend.read(), ["request a", "connected me", "request me", "request b"]);
  // Once it was read in its turn, the reply that is sent next is one for the new connection.
  assertEquals(frontend.reader.readAheadFor("me"), false);
});

Deno.test("FrontendReader.readAheadFor() reads nothing when the identity was assigned, or nobody reports connections", () => {
  const frontend = new FakeFrontend();
  frontend.assigned.add("given");
  frontend.come("connected given");
  assertEquals([frontend.reader.readAheadFor("given"), frontend.reads], [false, 0]);
  const silent = new FakeFrontend(false);
  silent.come("connected me");
  assertEquals([silent.reader.readAheadFor("me"), silent.reads], [false, 0]);
});

Deno.test("FrontendReader.next() returns nothing at the bound until the monitor has reported an end", () => {
  const frontend = new FakeFrontend();
  frontend.come("request a", "gone b", "request c");
  frontend.isFull = true;
  assertEquals([frontend.reader.mayHaveNext, frontend.read()], [false, []]);
  frontend.events.push("ended");
  frontend.reader.readEvents();
  assertEquals(frontend.reader.mayHaveNext, true);
  assertEquals(frontend.read(), ["request a", "gone b"]);
  assertEquals(frontend.reader.mayHaveNext, false);
});

Deno.test("FrontendReader looks for an end for 100 ms at the bound when the frontend is empty", () => {
  const frontend = new FakeFrontend();
  frontend.isFull = true;
  frontend.events.push("ended");
  frontend.reader.readEvents();
  assertEquals(frontend.read(), []);
  // The frontend reports it a moment after its monitor.
  frontend.nowMs = 99;
  frontend.come("gone a");
  frontend.reader.unsettle();
  assertEquals(frontend.read(), ["gone a"]);
  frontend.events.push("ended");
  frontend.reader.readEvents();
  frontend.nowMs = 199;
  assertEquals(frontend.read(), []);
  frontend.come("gone b");
  frontend.reader.unsettle();
  assertEquals(frontend.read(), []);
});

Deno.test("FrontendReader does not count the end of a failed handshake as a connection's end", () => {
  const frontend = new FakeFrontend();
  frontend.isFull = true;
  frontend.come("request a");
  frontend.events.push("handshake failed", "ended");
  frontend.reader.readEvents();
  assertEquals(frontend.read(), []);
  frontend.events.push("ended");
  frontend.reader.readEvents();
  assertEquals(frontend.read(), ["request a"]);
});

Deno.test("FrontendReader ignores ends when libzmq does not report them in the frontend", () => {
  const frontend = new FakeFrontend(false);
  frontend.isFull = true;
  frontend.come("request a");
  frontend.events.push("ended");
  frontend.reader.readEvents();
  assertEquals(frontend.read(), []);
});

Deno.test("FrontendReader.readAheadFor() reads at the bound only as far as there are new connections", () => {
  const frontend = new FakeFrontend();
  frontend.isFull = true;
  frontend.come("request a", "request a", "connected me", "request me");
  assertEquals([frontend.reader.readAheadFor("me"), frontend.reads], [false, 0]);
  frontend.events.push("connected");
  assertEquals([frontend.reader.readAheadFor("me"), frontend.reads], [true, 3]);
  // What was read is passed on, at the bound too.
  assertEquals(frontend.read(), ["request a", "request a", "connected me"]);
});

for (const outcome of ["connected", "handshake failed"] as const) {
  Deno.test(`FrontendReader.readAheadFor() looks for a connection in handshake, until the monitor reports: ${outcome}`, () => {
    const frontend = new FakeFrontend();
    frontend.isFull = true;
    // The I/O thread has handed the connection over, and has not yet reported that its handshake succeeded.
    frontend.come("request a", "connected me");
    frontend.events.push("accepted");
    assertEquals([frontend.reader.readAheadFor("me"), frontend.reads], [true, 3]);
    assertEquals(frontend.read(), ["request a", "connected me"]);
    frontend.come("request b");
    frontend.events.push(outcome);
    assertEquals([frontend.reader.readAheadFor("me"), frontend.reads], [false, 3]);
  });
}

Deno.test("FrontendReader.readAheadFor() does not look for a connection that was accepted more than a second ago", () => {
  const frontend = new FakeFrontend();
  frontend.isFull = true;
  frontend.come("request a");
  frontend.events.push("accepted");
  frontend.reader.readEvents();
  frontend.nowMs = 1_001;
  assertEquals([frontend.reader.readAheadFor("me"), frontend.reads], [false, 0]);
});

Deno.test("FrontendReader.readAheadFor() reads a bounded number of messages when requests come without end", () => {
  const frontend = new FakeFrontend();
  const endless = Array.from({ length: 10_000 }, () => "request a");
  frontend.come(...endless);
  assertEquals([frontend.reader.readAheadFor("me"), frontend.reads], [false, 256]);
  frontend.events.push("connected");
  assertEquals([frontend.reader.readAheadFor("me"), frontend.reads], [false, 4096]);
  // A connection that ended at once may never be reported: it is given up.
  assertEquals([frontend.reader.readAheadFor("me"), frontend.reads], [false, 4096]);
  assertEquals(frontend.read().length, 10_000);
});

Deno.test("FrontendReader counts a new connection once when the frontend reports it before its monitor", () => {
  const frontend = new FakeFrontend();
  frontend.come("connected a");
  assertEquals(frontend.read(), ["connected a"]);
  frontend.nowMs = 50;
  frontend.events.push("connected");
  frontend.reader.readEvents();
  frontend.isFull = true;
  frontend.come("request b");
  frontend.reads = 0;
  assertEquals([frontend.reader.readAheadFor("me"), frontend.reads], [false, 0]);
});

Deno.test("FrontendReader expects no more from its monitor when the frontend reported a connection 100 ms ago", () => {
  const frontend = new FakeFrontend();
  frontend.come("connected a");
  frontend.read();
  frontend.nowMs = 100;
  frontend.reader.unsettle();
  frontend.read();
  // The next one the monitor reports is therefore another connection.
  frontend.isFull = true;
  frontend.come("request b", "connected me");
  frontend.events.push("connected");
  assertEquals(frontend.reader.readAheadFor("me"), true);
});

Deno.test("FrontendReader.next() does not count the end of a handshake as a client's end", () => {
  const frontend = new FakeFrontend();
  frontend.come("request a");
  frontend.isFull = true;
  frontend.events.push("accepted", "ended in handshake", "accepted", "handshake failed", "ended");
  frontend.reader.readEvents();
  assertEquals([frontend.read(), frontend.reads], [[], 0]);
  frontend.events.push("ended");
  frontend.reader.readEvents();
  assertEquals(frontend.read(1), ["request a"]);
});

Deno.test("isGivenIdentity() is true for a zero byte and four more", () => {
  assertEquals(["\0abcd", "\0abc", "abcde", "\0abcde", ""].map(isGivenIdentity), [true, false, false, false, false]);
});
