/**
 * Works on many inputs at once and delivers the results in the order of the inputs.
 *
 * @module
 */

/** Options of {@linkcode workInOrder}. */
export interface InOrderOptions<Output> {
  /** How many inputs may be in progress at once, including those whose output waits for its turn. */
  readonly concurrency: number;
  /**
   * Takes each output, in the order of the inputs. If it returns a promise, the next output waits for it. If it fails,
   * the work ends with its error.
   */
  readonly take: (output: Output) => void | Promise<void>;
  /**
   * Takes an error in place of an output, in the same order and in the same way.
   *
   * @default the work ends with the error
   */
  readonly takeError?: (error: unknown) => void | Promise<void>;
}

/** An input in progress. */
interface Job {
  /** Takes the output or the error; `undefined` until there is one. */
  take: (() => void | Promise<void>) | undefined;
}

/**
 * Works on several inputs at once. It asks for an input only when there is room for it. Each output is taken as soon as
 * it is ready and all outputs before it have been taken, even if the next input has not come yet.
 *
 * @param inputs The inputs, in batches, so that not every input costs a turn of the event loop.
 * @param work Works on one input.
 * @param options How to work on them.
 * @returns Resolves when all outputs have been taken. Rejects with the first error in the order of the inputs, once all
 * outputs before it have been taken; any other input in progress is then abandoned.
 */
export async function workInOrder<Input, Output>(
  inputs: AsyncIterable<Iterable<Input>>,
  work: (input: Input) => Promise<Output>,
  options: InOrderOptions<Output>,
): Promise<void> {
  const { concurrency, take, takeError = fail } = options;
  /** The inputs in progress, in order. */
  const jobs: Job[] = [];
  const ended = Promise.withResolvers<void>();
  /** Inputs that have come but are not in progress yet. */
  let batch: Iterator<Input> | undefined;
  /** Resumes reading, which waits until these inputs are used up. */
  let resumeReading: (() => void) | undefined;
  let isRead = false;
  let isTaking = false;
  let isOver = false;
  const start = (input: Input) => {
    const job: Job = { take: undefined };
    jobs.push(job);
    const settle = (takeIt: () => void | Promise<void>) => {
      job.take = takeIt;
      if (job === jobs[0]) takeAll();
    };
    work(input).then((output) => settle(() => take(output)), (error) => settle(() => takeError(error)));
  };
  /** Starts as many inputs as there is room for. */
  const startAll = () => {
    while (batch !== undefined && jobs.length < concurrency && !isOver) {
      const next = batch.next();
      if (!next.done) start(next.value);
      else {
        batch = undefined;
        resumeReading?.();
      }
    }
  };
  /** Takes the outputs whose turn it is. */
  const takeAll = () => {
    if (isTaking) return;
    try {
      while (!isOver && jobs[0]?.take !== undefined) {
        const taken = jobs.shift()!.take!();
        if (taken !== undefined) return takeLater(taken);
      }
      startAll();
    } catch (error) {
      fail(error);
    }
    if (isRead && jobs.length === 0) ended.resolve();
  };
  const takeLater = (taken: Promise<void>) => {
    isTaking = true;
    taken.then(() => {
      isTaking = false;
      takeAll();
    }, fail);
  };
  const read = async () => {
    for await (const some of inputs) {
      batch = some[Symbol.iterator]();
      startAll();
      if (batch !== undefined && !isOver) await new Promise<void>((resolve) => resumeReading = resolve);
      if (isOver) return void batch?.return?.();
    }
    isRead = true;
    takeAll();
  };
  read().catch(fail);
  await ended.promise;

  function fail(error: unknown): void {
    isOver = true;
    ended.reject(error);
    resumeReading?.();
  }
}
