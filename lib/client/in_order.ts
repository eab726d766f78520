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

/** The place of an output. */
interface Place {
  /** Takes the output, or throws the error that came instead; `undefined` until it is there. */
  take: (() => void) | undefined;
}

/**
 * Works on inputs, several at once. An input is asked for only when there is room for it, and each output is taken as soon as
 * it is there and those before it have been taken, also while the next input is still to come.
 *
 * @param inputs The inputs, by those that come at once: there an input costs no turn of its own.
 * @param work Works on one.
 * @param options How.
 * @returns When all outputs were taken. Rejects with the first error in the order of the inputs, when all outputs before it
 * have been taken; what else is being worked on is then left to itself.
 */
export async function workInOrder<Input, Output>(
  inputs: AsyncIterable<Iterable<Input>>,
  work: (input: Input) => Promise<Output>,
  options: InOrderOptions<Output>,
): Promise<void> {
  /** What is worked on, and outputs that wait for their turn, in order. */
  const places: Place[] = [];
  const ended = Promise.withResolvers<void>();
  /** The inputs that have come, and are not worked on yet. */
  let batch: Iterator<Input> | undefined;
  /** Lets the reading go on that waits until these are used up. */
  let goOn: (() => void) | undefined;
  let isRead = false;
  let isOver = false;
  const fail = (error: unknown) => {
    isOver = true;
    ended.reject(error);
    goOn?.();
  };
  const begin = (input: Input) => {
    const place: Place = { take: undefined };
    places.push(place);
    const settle = (take: () => void) => {
      place.take = take;
      if (place === places[0]) takeAll();
    };
    work(input).then((output) => settle(() => options.take(output)), (error) =>
      settle(() => {
        throw error;
      }));
  };
  /** Begins what there is room for. */
  const beginAll = () => {
    while (batch !== undefined && places.length < options.concurrency && !isOver) {
      const next = batch.next();
      if (!next.done) begin(next.value);
      else {
        batch = undefined;
        goOn?.();
      }
    }
  };
  const takeAll = () => {
    try {
      while (!isOver && places[0]?.take !== undefined) places.shift()!.take!();
      beginAll();
    } catch (error) {
      fail(error);
    }
    if (isRead && places.length === 0) ended.resolve();
  };
  const read = async () => {
    for await (const some of inputs) {
      batch = some[Symbol.iterator]();
      beginAll();
      if (batch !== undefined && !isOver) await new Promise<void>((resolve) => goOn = resolve);
      if (isOver) return void batch?.return?.();
    }
    isRead = true;
    takeAll();
  };
  read().catch(fail);
  await ended.promise;
}
