/**
 * Work on many things at once, with the results in the order of the things.
 *
 * @module
 */

/** How to work. */
export interface InOrderOptions<Output> {
  /** How many inputs at most are being worked on, or have their output wait for its turn. */
  readonly concurrency: number;
  /** Takes each output, in the order of the inputs; when it throws, the work ends with its error. */
  readonly take: (output: Output) => void;
}

/**
 * Works on inputs, several at once. An input is asked for only when there is room for it, and each output is taken as soon as
 * it is there and those before it have been taken, also while the next input is still to come.
 *
 * @param inputs The inputs.
 * @param work Works on one.
 * @param options How.
 * @returns When all outputs were taken. Rejects with the first error in the order of the inputs, when all outputs before it
 * have been taken; what else is being worked on is then left to itself.
 */
export async function workInOrder<Input, Output>(
  inputs: AsyncIterable<Input>,
  work: (input: Input) => Promise<Output>,
  options: InOrderOptions<Output>,
): Promise<void> {
  /** The outputs in order, the next one to take first. */
  const outputs: Promise<Output>[] = [];
  let isRead = false;
  let isOver = false;
  /** Resolved, and replaced, on every change of the above. */
  let change = Promise.withResolvers<void>();
  const announce = () => {
    change.resolve();
    change = Promise.withResolvers();
  };
  const read = async () => {
    for await (const input of inputs) {
      const output = work(input);
      // Its error is met when its turn comes; until then it has an owner.
      output.catch(() => undefined);
      outputs.push(output);
      announce();
      while (outputs.length >= options.concurrency && !isOver) await change.promise;
      if (isOver) return;
    }
    isRead = true;
    announce();
  };
  const take = async () => {
    try {
      for (;;) {
        const next = outputs[0];
        if (next !== undefined) {
          options.take(await next);
          outputs.shift();
          announce();
        } else if (isRead) {
          return;
        } else {
          await change.promise;
        }
      }
    } finally {
      isOver = true;
      announce();
    }
  };
  await Promise.all([read(), take()]);
}
