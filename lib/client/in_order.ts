/**
 * Works on many inputs at once and delivers the results in the order of the inputs.
 *
 * @module
 */

/** Options of {@linkcode workInOrder}. */
export interface InOrderOptions<Output> {
  /** How many inputs may be under way at once, counting those whose output waits for its turn. */
  readonly concurrency: number;
  /**
   * Takes each output, in the order of the inputs. When it returns a promise, the next output waits for it; when it fails,
   * the work ends with its error.
   */
  readonly take: (output: Output) => void | Promise<void>;
  /**
   * Takes an error that came instead of an output, in its turn and in the same way.
   *
   * @default the work ends with the error
   */
  readonly takeError?: (error: unknown) => void | Promise<void>;
}

/** An input that is under way. */
interface Job {
  /** Takes the output, or the error that came instead; `undefined` until one of them is there. */
  take: (() => void | Promise<void>) | undefined;
}

/**
 * Works on inputs, several at once. An input is asked for only when there is room for it. Each output is taken as soon as it
 * is there and those before it have been taken, even if the next input is still to come.
 *
 * @param inputs The inputs, in batches that come at once, so that an input costs no turn of its own.
 * @param work Works on one input.
 * @param options How.
 * @returns Resolves when all outputs have been taken. Rejects with the first error in the order of the inputs, when all
 * outputs before it have been taken; whatever else is under way then is abandoned.
 */
export async function workInOrder<Input, Output>(
  inputs: AsyncIterable<Iterable<Input>>,
  work: (input: Input) => Promise<Output>,
  options: InOrderOptions<Output>,
): Promise<void> {
  const { concurrency, take, takeError = fail } = options;
  /** What is under way, in order. */
  const jobs: Job[] = [];
  const ended = Promise.withResolvers<void>();
  /** Inputs that have come, and are not under way yet. */
  let batch: Iterator<Input> | undefined;
  /** Resumes the reading, which waits until these are used up. */
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
  /** Starts as much as there is room for. */
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
