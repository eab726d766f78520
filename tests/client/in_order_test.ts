import { assertEquals, assertLessOrEqual, assertRejects } from "@std/assert";
import { workInOrder } from "../../lib/client/in_order.ts";

/** Inputs that a test hands out one by one, and work that it finishes in the order it likes. */
class Bench {
  readonly asked: number[] = [];
  readonly taken: string[] = [];
  readonly #work = new Map<number, PromiseWithResolvers<string>>();
  readonly #count: number;
  readonly ended: Promise<void>;

  constructor(
    count: number,
    concurrency: number,
    take: (output: string) => void | Promise<void> = (output) => void this.taken.push(output),
  ) {
    this.#count = count;
    this.ended = workInOrder(this.#inputs(), (input) => this.#of(input).promise, { concurrency, take });
    // A test that looks at its error does so later.
    this.ended.catch(() => undefined);
  }

  /** Two at once, and then the others one by one. */
  async *#inputs(): AsyncGenerator<Iterable<number>> {
    yield this.#batch(1, Math.min(2, this.#count));
    for (let input = 3; input <= this.#count; input++) yield this.#batch(input, input);
  }

  *#batch(first: number, last: number): Generator<number> {
    for (let input = first; input <= last; input++) {
      this.asked.push(input);
      yield input;
    }
  }

  #of(input: number): PromiseWithResolvers<string> {
    if (!this.#work.has(input)) this.#work.set(input, Promise.withResolvers());
    return this.#work.get(input)!;
  }

  async finish(...inputs: number[]): Promise<void> {
    for (const input of inputs) this.#of(input).resolve(`${input}`);
    await settled();
  }

  async fail(input: number): Promise<void> {
    this.#of(input).reject(new Error(`${input} failed`));
    await settled();
  }
}

/** When all that can happen without the outside has happened: a timer comes after every microtask. */
function settled(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}

Deno.test("workInOrder() takes outputs in the order of the inputs, each as soon as it can", async () => {
  const bench = new Bench(4, 4);
  await bench.finish(3, 2);
  assertEquals(bench.taken, []);
  await bench.finish(1);
  assertEquals(bench.taken, ["1", "2", "3"]);
  await bench.finish(4);
  await bench.ended;
  assertEquals(bench.taken, ["1", "2", "3", "4"]);
});

Deno.test("workInOrder() asks for an input only when there is room for it", async () => {
  const bench = new Bench(5, 2);
  await settled();
  assertEquals(bench.asked, [1, 2]);
  // Its output waits for the first one's, and takes up room.
  await bench.finish(2);
  assertEquals(bench.asked, [1, 2]);
  await bench.finish(1);
  assertEquals(bench.asked, [1, 2, 3, 4]);
  await bench.finish(3, 4, 5);
  await bench.ended;
});

Deno.test("workInOrder() takes an output before the next input has come", async () => {
  const next = Promise.withResolvers<void>();
  const taken: string[] = [];
  async function* inputs(): AsyncGenerator<string[]> {
    yield ["first"];
    await next.promise;
    yield ["second"];
  }
  const ended = workInOrder(inputs(), (input) => Promise.resolve(input), {
    concurrency: 8,
    take: (output) => void taken.push(output),
  });
  await settled();
  assertEquals(taken, ["first"]);
  next.resolve();
  await ended;
  assertEquals(taken, ["first", "second"]);
});

Deno.test("workInOrder() takes the outputs before an error, and rejects with the first error", async () => {
  const bench = new Bench(10, 3);
  await bench.fail(3);
  await bench.fail(2);
  assertEquals(bench.taken, []);
  await bench.finish(1);
  await assertRejects(() => bench.ended, Error, "2 failed");
  assertEquals(bench.taken, ["1"]);
  assertLessOrEqual(bench.asked.length, 4);
});

Deno.test("workInOrder() rejects when an output cannot be taken, and asks for no more", async () => {
  const bench = new Bench(10, 2, () => {
    throw new Error("no room");
  });
  await bench.finish(1, 2, 3, 4);
  await assertRejects(() => bench.ended, Error, "no room");
  assertEquals(bench.asked, [1, 2]);
});

Deno.test("workInOrder() ends the inputs when it ends early", async () => {
  let areEnded = false;
  async function* inputs(): AsyncGenerator<string[]> {
    try {
      yield ["one", "two", "three"];
    } finally {
      areEnded = true;
    }
  }
  const ended = workInOrder(inputs(), () => Promise.reject(new Error("failed")), { concurrency: 1, take: () => {} });
  await assertRejects(() => ended, Error, "failed");
  await settled();
  assertEquals(areEnded, true);
});

Deno.test("workInOrder() rejects when the inputs fail", async () => {
  async function* inputs(): AsyncGenerator<string[]> {
    yield ["one"];
    throw new Error("cannot read");
  }
  const ended = workInOrder(inputs(), (input) => Promise.resolve(input), { concurrency: 2, take: () => {} });
  await assertRejects(() => ended, Error, "cannot read");
});

Deno.test("workInOrder() ends when there are no inputs", async () => {
  await new Bench(0, 3).ended;
});

Deno.test("workInOrder() takes the next output when the promise of the one before has resolved", async () => {
  const first = Promise.withResolvers<void>();
  const taken: string[] = [];
  const bench = new Bench(3, 3, (output) => {
    taken.push(output);
    return output === "1" ? first.promise : undefined;
  });
  await bench.finish(1, 2, 3);
  assertEquals(taken, ["1"]);
  first.resolve();
  await bench.ended;
  assertEquals(taken, ["1", "2", "3"]);
});

Deno.test("workInOrder() asks for no more inputs than there is room for while an output is being taken", async () => {
  const first = Promise.withResolvers<void>();
  const bench = new Bench(6, 2, (output) => output === "1" ? first.promise : undefined);
  await bench.finish(1, 2, 3);
  assertLessOrEqual(bench.asked.length, 3);
  first.resolve();
  await bench.finish(4, 5, 6);
  await bench.ended;
});

Deno.test("workInOrder() rejects with the error of a promise that take() returned", async () => {
  const bench = new Bench(2, 2, () => Promise.reject(new Error("not taken")));
  await bench.finish(1);
  await assertRejects(() => bench.ended, Error, "not taken");
});

Deno.test("workInOrder() passes errors to takeError() in order, and continues", async () => {
  const taken: string[] = [];
  await workInOrder(
    batches([1, 2, 3, 4]),
    (input) => input % 2 === 0 ? Promise.reject(new Error(`${input}`)) : Promise.resolve(`${input}`),
    {
      concurrency: 4,
      take: (output) => void taken.push(output),
      takeError: (error) => void taken.push(`error ${(error as Error).message}`),
    },
  );
  assertEquals(taken, ["1", "error 2", "3", "error 4"]);
});

async function* batches(inputs: readonly number[]): AsyncGenerator<readonly number[]> {
  for (const input of inputs) yield [input];
}
