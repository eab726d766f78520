import { assert, assertEquals } from "@std/assert";
import { JobError } from "../../lib/worker/job_error.ts";
import { describe, outcomeOf, settle, withStandardError } from "../../lib/worker/outcome.ts";

const revoked = () => {
  const { proxy, revoke } = Proxy.revocable<unknown[]>([], {});
  revoke();
  return proxy;
};
const transferred = () => {
  const bytes = new Uint8Array(3);
  bytes.buffer.transfer();
  return bytes;
};

/** What a handler may return that is no reply, and how the log names it. */
const WRONG: readonly (readonly [string, unknown, string])[] = [
  ["nothing", undefined, "is undefined: a reply is a list of Uint8Array"],
  ["null", null, "is null: a reply is a list of Uint8Array"],
  ["a text", "text", "is a string: a reply is a list of Uint8Array"],
  ["a frame alone", new Uint8Array(1), "is a Uint8Array: a reply is a list of Uint8Array"],
  ["an array-like object", { length: 1, 0: new Uint8Array(1) }, "is an object: a reply is a list of Uint8Array"],
  ["an iterable", new Set([new Uint8Array(1)]), "is a Set: a reply is a list of Uint8Array"],
  ["no frames", [], "has no frames: a reply has at least one frame"],
  ["a text as a frame", ["text"], "has a string at frame 0: a reply is a list of Uint8Array"],
  ["numbers", [new Uint8Array(1), 1], "has a number at frame 1: a reply is a list of Uint8Array"],
  ["a hole", new Array(1), "has undefined at frame 0: a reply is a list of Uint8Array"],
  ["other numbers", [new Uint16Array(2)], "has a Uint16Array at frame 0: a reply is a list of Uint8Array"],
  ["a buffer", [new ArrayBuffer(2)], "has an ArrayBuffer at frame 0: a reply is a list of Uint8Array"],
  ["frames of frames", [[new Uint8Array(1)]], "has an array at frame 0: a reply is a list of Uint8Array"],
  [
    "bytes that were given away",
    [transferred()],
    "has a Uint8Array at frame 0 whose buffer was transferred elsewhere: a reply is a list of Uint8Array",
  ],
];

for (const [name, value, reason] of WRONG) {
  Deno.test(`outcomeOf() names the type that was wrong when a handler returns ${name}`, () => {
    const outcome = outcomeOf(value);
    assert("error" in outcome && outcome.error instanceof JobError);
    assertEquals(outcome.error.code, "BAD_REPLY");
    assertEquals(outcome.error.message, `The reply ${reason}`);
  });
}

Deno.test("outcomeOf() is an error when the value throws on every access", () => {
  const outcome = outcomeOf(revoked());
  assert("error" in outcome && outcome.error instanceof JobError);
  assertEquals(outcome.error.code, "BAD_REPLY");
});

Deno.test("outcomeOf() is the reply when it is a list of Uint8Array, empty ones too", () => {
  class Bytes extends Uint8Array {}
  for (const reply of [[new Uint8Array(0)], [new Uint8Array([1]), new Bytes(2)]]) {
    assertEquals(outcomeOf(reply), { reply });
  }
});

Deno.test("settle() resolves whatever the promise does", async () => {
  const reply = [new Uint8Array(1)];
  assertEquals(await settle(Promise.resolve(reply)), { reply });
  assertEquals(await settle(Promise.reject(undefined)), { error: undefined });
});

Deno.test("describe() says why whatever was thrown", () => {
  class Quiet extends Error {
    override get message(): string {
      throw new Error("do not look");
    }
  }
  const cases: [unknown, string][] = [
    [new Error("no luck"), "no luck"],
    [new TypeError(""), "TypeError"],
    [new JobError("REFUSED", "not this one"), "not this one"],
    ["no luck", "no luck"],
    ["", 'a string ("") was thrown'],
    [undefined, "undefined was thrown"],
    [null, "null was thrown, not an Error"],
    [404, 'a number ("404") was thrown'],
    [Symbol("x"), 'a symbol ("Symbol(x)") was thrown'],
    [Object.create(null), "an object was thrown, not an Error"],
    [revoked(), "an object that cannot be read was thrown"],
    [new Quiet(), "an Error that cannot be read was thrown"],
    [Object.assign(new Error("x"), { message: 5 }), "Error"],
  ];
  for (const [error, reason] of cases) assertEquals(describe(error).reason, reason);
});

Deno.test("describe() adds the details of a JobError", () => {
  assertEquals(describe(new JobError("EXITED", "ended", { stderr: "why" })), { reason: "ended", stderr: "why" });
});

Deno.test("withStandardError() adds what a program wrote to the message, if it wrote something", () => {
  const error = new JobError("EXITED", "The program ended", { stderr: "no disk\nno luck" });
  assertEquals((withStandardError(error) as JobError).message, "The program ended. It wrote:\nno disk\nno luck");
  for (const other of [new JobError("EXITED", "ended"), new Error("x"), undefined]) {
    assertEquals(withStandardError(other), other);
  }
});
