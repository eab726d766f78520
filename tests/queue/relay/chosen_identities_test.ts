import { assertEquals } from "@std/assert";
import { ChosenIdentities, type Takeover } from "../../../lib/queue/relay/chosen_identities.ts";

/** Identities whose sockets are numbers, with what is open, what was closed, and which takeovers were reported. */
class FakeConnections {
  readonly open = new Set<number>();
  readonly closed: number[] = [];
  readonly takeovers: Takeover[] = [];
  readonly identities = new ChosenIdentities<number>({
    isOpen: (socket) => this.open.has(socket),
    end: (socket) => {
      if (this.open.delete(socket)) this.closed.push(socket);
    },
    report: (takeover) => this.takeovers.push(takeover),
  });

  /** A connection is made and sends a message. */
  speak(identity: string, socket: number): void {
    this.open.add(socket);
    this.identities.connected(identity);
    this.identities.heard(identity, () => ({ address: `10.0.0.${socket}`, connection: socket }));
  }
}

Deno.test("ChosenIdentities reports a takeover with both addresses when the new connection sends its first message", () => {
  const { identities, takeovers } = new FakeConnections();
  identities.connected("A");
  identities.heard("A", () => ({ address: "10.0.0.1", connection: 1 }));
  identities.connected("A");
  assertEquals(takeovers, []);
  identities.heard("A", () => ({ address: "10.0.0.2", connection: 2 }));
  identities.heard("A", () => ({ address: "never read", connection: 3 }));
  assertEquals(takeovers, [{ identity: "A", previousAddress: "10.0.0.1", address: "10.0.0.2" }]);
});

Deno.test("ChosenIdentities reports a takeover without the addresses that are not known", () => {
  const { identities, takeovers } = new FakeConnections();
  identities.connected("A");
  identities.connected("A");
  // The second one was not heard either when the third came.
  identities.connected("A");
  identities.heard("A", () => ({ address: "10.0.0.3", connection: undefined }));
  identities.connected("A");
  identities.gone("A");
  assertEquals(takeovers, [
    { identity: "A", previousAddress: undefined, address: undefined },
    { identity: "A", previousAddress: undefined, address: "10.0.0.3" },
    { identity: "A", previousAddress: "10.0.0.3", address: undefined },
  ]);
});

Deno.test("ChosenIdentities reports and closes nothing when a connection ended before the next one came", () => {
  const fake = new FakeConnections();
  for (const socket of [1, 2]) {
    fake.speak("A", socket);
    fake.open.delete(socket);
    fake.identities.gone("A");
  }
  assertEquals([fake.takeovers, fake.closed], [[], []]);
});

Deno.test("ChosenIdentities closes replaced connections once their identity is free, and not before", () => {
  const fake = new FakeConnections();
  for (const socket of [1, 2, 3]) fake.speak("A", socket);
  fake.speak("B", 4);
  fake.open.delete(4);
  fake.identities.gone("B");
  assertEquals(fake.closed, []);
  fake.open.delete(3);
  fake.identities.gone("A");
  assertEquals(fake.closed, [1, 2]);
  // One of them comes back.
  fake.speak("A", 5);
  fake.open.delete(5);
  fake.identities.gone("A");
  assertEquals(fake.closed, [1, 2]);
});

Deno.test("ChosenIdentities forgets a replaced connection that has ended when the identity is taken over again", () => {
  const fake = new FakeConnections();
  for (const socket of [1, 2, 3]) {
    fake.speak("A", socket);
    fake.open.delete(socket);
  }
  fake.identities.gone("A");
  assertEquals(fake.closed, []);
});

Deno.test("ChosenIdentities closes a connection when the end of another one is reported under its identity", () => {
  const fake = new FakeConnections();
  fake.speak("A", 1);
  // The one that replaced it was not reported.
  fake.identities.gone("A");
  assertEquals(fake.closed, [1]);
});

Deno.test("ChosenIdentities.hasUnheard is true while a connection has sent nothing", () => {
  const { identities } = new FakeConnections();
  const origin = () => ({ address: undefined, connection: undefined });
  const seen: boolean[] = [];
  const step = (act: () => void) => {
    act();
    seen.push(identities.hasUnheard);
  };
  step(() => identities.connected("A"));
  step(() => identities.connected("B"));
  step(() => identities.heard("A", origin));
  step(() => identities.heard("A", origin));
  step(() => identities.gone("B"));
  step(() => identities.connected("A"));
  step(() => identities.connected("A"));
  step(() => identities.heard("A", origin));
  step(() => identities.gone("A"));
  assertEquals(seen, [true, true, true, true, false, true, true, false, false]);
});

Deno.test("ChosenIdentities ignores unknown connections", () => {
  const fake = new FakeConnections();
  fake.identities.heard("A", () => ({ address: "10.0.0.1", connection: 1 }));
  fake.identities.gone("A");
  assertEquals([fake.identities.hasUnheard, fake.takeovers, fake.closed], [false, [], []]);
});
