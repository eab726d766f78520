import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import type { LinkMessage } from "../../../lib/queue/link/messages.ts";
import { NatsLink } from "../../../lib/queue/link/nats_link.ts";
import { PacketReader, PacketWriter } from "../../../lib/queue/link/payload.ts";
import { type LinkEvent, PIPE_MESSAGES } from "../../../lib/queue/relay/link_pipe.ts";
import { SharedBytes } from "../../../lib/queue/relay/shared_bytes.ts";
import { IntOption, SocketType } from "../../../lib/zmq/constants.ts";
import { Context } from "../../../lib/zmq/context.ts";
import { type Library, loadLibrary } from "../../../lib/zmq/library.ts";
import type { Socket } from "../../../lib/zmq/socket.ts";
import { Waiter } from "../../../lib/zmq/waiter.ts";
import { FakeNats } from "../../harness/fake_nats.ts";
import { freePort } from "../../harness/free_port.ts";
import { toBytes, toText } from "../../harness/peers.ts";
import { RecordingLog } from "../../harness/recording_log.ts";
import { scenario } from "../../harness/scenario.ts";

const NEEDS = ["ffi", "network"] as const;
const ID = "00000000000000bb";
const OTHER = "00000000000000aa";
const SUBJECT = "spq.v1.site";

const WANT = { kind: "want", wanted: 1, workers: 2, hasWorkers: true, address: "there", isLeaving: false } as const;

/** A link of a queue whose relay is the test. */
class Scene implements AsyncDisposable {
  readonly log = new RecordingLog();
  readonly held = new SharedBytes();
  readonly link: NatsLink;
  readonly #context: Context;
  readonly #waiter: Waiter;
  readonly #fromRelay: Socket;
  readonly #toRelay: Socket;
  #isEnded = false;

  private constructor(library: Library, port: number) {
    this.#context = Context.open(library);
    this.#waiter = new Waiter(library, this.#context);
    this.#fromRelay = this.#open(IntOption.SNDHWM);
    this.#toRelay = this.#open(IntOption.RCVHWM);
    this.link = new NatsLink({
      config: {
        servers: [{ address: `127.0.0.1:${port}`, isTls: false }],
        name: "site",
        creds: undefined,
        ca: undefined,
        certificate: undefined,
        followsCluster: true,
      },
      secrets: {},
      id: ID,
      maxMessageBytes: 1024 ** 2,
      library,
      context: this.#context,
      endpoints: {
        fromRelay: this.#fromRelay.bind(`inproc://${crypto.randomUUID()}`),
        toRelay: this.#toRelay.bind(`inproc://${crypto.randomUUID()}`),
        held: this.held.memory,
      },
      log: this.log,
    });
  }

  static async open(port: number): Promise<Scene> {
    return new Scene(await loadLibrary(), port);
  }

  /** The relay says something to another queue; empty: to all. */
  say(to: string, message: LinkMessage, ...frames: (string | Uint8Array<ArrayBuffer>)[]): void {
    const bytes = frames.map(toBytes);
    assertEquals(this.#fromRelay.send([toBytes(to), toBytes(JSON.stringify(message)), ...bytes]), true);
    this.held.add(bytes.reduce((sum, { length }) => sum + length, 0));
  }

  /** What the relay is told next. */
  async told(): Promise<readonly [LinkEvent, ...string[]]> {
    for (;;) {
      const frames = this.#toRelay.receive();
      if (frames === undefined) {
        await this.#waiter.wait([this.#toRelay], 60_000);
        continue;
      }
      const [json, ...rest] = toText(frames);
      return [JSON.parse(json!) as LinkEvent, ...rest];
    }
  }

  /** The link ends. */
  async end(): Promise<void> {
    if (this.#isEnded) return;
    this.#isEnded = true;
    await this.link[Symbol.asyncDispose]();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.end();
    await this.#waiter[Symbol.asyncDispose]();
    this.#fromRelay.close();
    this.#toRelay.close();
    this.#context.close();
  }

  #open(limit: IntOption): Socket {
    const socket = this.#context.socket(SocketType.PAIR, 0);
    socket.setInt(limit, PIPE_MESSAGES);
    return socket;
  }
}

/** What another queue sends. */
function packet(message: unknown, ...frames: string[]): Uint8Array<ArrayBuffer> {
  const json = typeof message === "string" ? message : JSON.stringify(message);
  return new PacketWriter(OTHER).write({ json, frames: frames.map(toBytes) }, 10_000)[0]!;
}

scenario("NatsLink tells the relay and the log when it is connected, and greets nobody but itself", NEEDS, async () => {
  using nats = new FakeNats();
  await using scene = await Scene.open(nats.port);
  const server = await nats.serve();
  assertEquals(await scene.told(), [{ event: "connected", server: `127.0.0.1:${nats.port}` }]);
  const { words } = await server.next("PUB");
  assertEquals(words[0], `${SUBJECT}.to.${ID}.hello`);
  const connect = JSON.parse((await server.next("CONNECT")).words.join(" "));
  assertEquals([connect.echo, connect.name], [false, `spqueue ${ID}`]);
  assertEquals(scene.log.events, ["link connected"]);
});

scenario("NatsLink passes on what the relay says, in parts that the server takes", NEEDS, async () => {
  using nats = new FakeNats();
  await using scene = await Scene.open(nats.port);
  const server = await nats.serve({ max_payload: 1000 });
  await scene.told();
  await server.next("PUB");
  scene.say("", WANT);
  const want = await server.next("PUB");
  assertEquals(want.words.slice(0, -1), [`${SUBJECT}.want`]);
  const body = "0123456789".repeat(250);
  scene.say(OTHER, { kind: "run", attempt: 5, sent: 1 }, "", body);
  const reader = new PacketReader(10_000);
  assert(scene.held.bytes > 0);
  const sizes: number[] = [];
  while (reader.unfinishedBytes > 0 || sizes.length === 0) {
    const { words, payload } = await server.next("PUB");
    assertEquals(words.slice(0, 2), [`${SUBJECT}.to.${OTHER}.run`, `${SUBJECT}.to.${ID}.re.5`]);
    sizes.push(payload.length);
    const read = reader.read(payload);
    if (read !== undefined) assertEquals([read.sender, ...toText([...read.frames])], [ID, "", body]);
  }
  assert(sizes.length === 3 && sizes.every((size) => size <= 1000), `${sizes}`);
  assertEquals(scene.held.bytes, 0);
  scene.say(OTHER, { kind: "have", sent: 1, attempts: [5] });
  assertEquals((await server.next("PUB")).words[1], `${SUBJECT}.to.${ID}.absent.${OTHER}`);
});

scenario("NatsLink passes on what queues say, and that nobody is there; of all else, that it came", NEEDS, async () => {
  using nats = new FakeNats();
  await using scene = await Scene.open(nats.port);
  const server = await nats.serve();
  await scene.told();
  await server.deliver(`${SUBJECT}.want`, packet(WANT));
  assertEquals(await scene.told(), [{ event: "message", sender: OTHER, message: WANT }]);
  const run = { kind: "run", attempt: 1, sent: 1 } as const;
  await server.deliver(`${SUBJECT}.to.${ID}.run`, packet(run, "", "body"));
  assertEquals(await scene.told(), [{ event: "message", sender: OTHER, message: run }, "", "body"]);
  await server.deliverAbsence(`${SUBJECT}.to.${ID}.re.17`);
  assertEquals(await scene.told(), [{ event: "nobody", attempt: 17 }]);
  await server.deliverAbsence(`${SUBJECT}.to.${ID}.absent.${OTHER}`);
  assertEquals(await scene.told(), [{ event: "absent", queue: OTHER }]);
  const own = new PacketWriter(ID).write({ json: JSON.stringify(WANT), frames: [] }, 10_000)[0]!;
  for (
    const [subject, payload] of [
      ["want", "not a packet"],
      ["want", packet("{")],
      ["want", packet({ kind: "want" })],
      ["want", packet(run, "", "elsewhere")],
      [`to.${ID}.ready`, packet(WANT)],
      ["want", own],
    ] as const
  ) {
    await server.deliver(`${SUBJECT}.${subject}`, payload);
    assertEquals(await scene.told(), [{ event: "malformed" }], subject);
  }
  assertEquals(scene.log.events, ["link connected"]);
});

scenario("NatsLink logs each reason why no server can be reached once, and keeps trying", NEEDS, async () => {
  const port = freePort();
  await using scene = await Scene.open(port);
  const [fields] = await scene.log.entriesOf("link not connected", 1);
  assertEquals(fields!.servers, [`127.0.0.1:${port}`]);
  using nats = new FakeNats(port);
  // Not a NATS server at first.
  for (let i = 0; i < 3; i++) {
    const wrong = await nats.accept();
    await wrong.write("HTTP/1.1 400 Bad Request\r\n\r\n");
    await wrong.over();
  }
  const reasonsWith = (part: string) =>
    scene.log.entries.filter(({ fields }) => `${fields.reason}`.includes(part)).length;
  // A slow machine may give one up before it is told.
  while (reasonsWith("name a file that has them with --nats-creds") === 0) {
    await (await nats.accept()).write('INFO {"version":"2.9.0"}\r\n-ERR \'Authorization Violation\'\r\n');
  }
  await nats.serve();
  assertEquals((await scene.told())[0].event, "connected");
  const counts = ["connection refused", "does not speak NATS", "--nats-creds"].map(reasonsWith);
  assertEquals(counts, [1, 1, 1], JSON.stringify(scene.log.entries));
});

scenario("NatsLink tells of a lost connection, drops what is said meanwhile, and connects again", NEEDS, async () => {
  using nats = new FakeNats();
  await using scene = await Scene.open(nats.port);
  const first = await nats.serve();
  await scene.told();
  first.close();
  assertEquals(await scene.told(), [{ event: "disconnected" }]);
  scene.say("", { ...WANT, address: "said to nobody" });
  const second = await nats.serve();
  assertEquals((await scene.told())[0].event, "connected");
  scene.say("", { ...WANT, address: "said to all" });
  const { payload } = await second.next("PUB", ({ words }) => words[0] === `${SUBJECT}.want`);
  assertStringIncludes(new PacketReader(10_000).read(payload)!.json, "said to all");
  assertEquals(scene.log.events, ["link connected", "link not connected", "link connected"]);
});

scenario("NatsLink names the permission that is missing, once in a while", NEEDS, async () => {
  using nats = new FakeNats();
  await using scene = await Scene.open(nats.port);
  const server = await nats.serve();
  await scene.told();
  for (const what of ["hello", "hello", "re.1", "re.2", "re.3"]) {
    await server.write(`-ERR 'Permissions Violation for Publish to "${SUBJECT}.to.${ID}.${what}"'\r\n`);
  }
  const reasons = (await scene.log.entriesOf("link refused by NATS", 2)).map(({ reason }) => reason);
  const refused = ["hello", "re.1"].map((what) =>
    `NATS does not let this queue publish to "${SUBJECT}.to.${ID}.${what}"`
  );
  assertEquals(reasons, refused);
  await server.deliver(`${SUBJECT}.want`, packet(WANT));
  await scene.told();
  assertEquals(scene.log.events, ["link connected", "link refused by NATS", "link refused by NATS"]);
});

scenario("NatsLink distinguishes a stream's answers from malformed messages", NEEDS, async () => {
  using nats = new FakeNats();
  await using scene = await Scene.open(nats.port);
  const server = await nats.serve();
  await scene.told();
  await server.deliver(`${SUBJECT}.to.${ID}.re.1`, JSON.stringify({ stream: "all", seq: 1 }));
  await scene.log.entriesOf("a JetStream stream takes in the link's messages", 1);
  await server.deliver(`${SUBJECT}.want`, packet(WANT));
  assertEquals((await scene.told())[0].event, "message");
});

scenario("NatsLink keeps messages in order while the relay is busy", NEEDS, async () => {
  using nats = new FakeNats();
  await using scene = await Scene.open(nats.port);
  const server = await nats.serve();
  await scene.told();
  const count = 3 * PIPE_MESSAGES;
  // All at once, so that no ping goes unanswered meanwhile.
  const packets = Array.from({ length: count }, (_, wanted) => packet({ ...WANT, wanted }));
  await server.deliverAll(`${SUBJECT}.want`, packets);
  for (let wanted = 0; wanted < count; wanted++) {
    assertEquals(await scene.told(), [{ event: "message", sender: OTHER, message: { ...WANT, wanted } }]);
  }
});

scenario("NatsLink passes on the relay's last words when it ends, and closes the connection", NEEDS, async () => {
  using nats = new FakeNats();
  await using scene = await Scene.open(nats.port);
  const server = await nats.serve();
  await scene.told();
  scene.say("", { ...WANT, isLeaving: true });
  await scene.end();
  assertEquals(await scene.told(), [{ event: "closed" }]);
  await server.next("PUB", ({ words }) => words[0] === `${SUBJECT}.want`);
  await server.over();
});
