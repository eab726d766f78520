/** A class whose instances are errors. */
// deno-lint-ignore no-explicit-any -- a constructor's parameters are no concern of an assertion
export type ErrorClass<E extends Error> = new (...args: any[]) => E;

/** Throws unless `condition` is truthy. */
export function assert(condition: unknown, message?: string): asserts condition;
/** Throws unless both are deeply equal. */
export function assertEquals<T>(actual: T, expected: T, message?: string): void;
/** Throws when both are deeply equal. */
export function assertNotEquals<T>(actual: T, expected: T, message?: string): void;
/** Throws unless `actual >= expected`. */
export function assertGreaterOrEqual<T>(actual: T, expected: T, message?: string): void;
/** Throws unless `actual <= expected`. */
export function assertLessOrEqual<T>(actual: T, expected: T, message?: string): void;
/** Throws unless `actual < expected`. */
export function assertLess<T>(actual: T, expected: T, message?: string): void;
/** Throws unless `actual` matches. */
export function assertMatch(actual: string, expected: RegExp, message?: string): void;
/** Throws unless `actual` contains `expected`. */
export function assertStringIncludes(actual: string, expected: string, message?: string): void;
/** Throws unless `actual` is an instance of `type`. */
export function assertInstanceOf<E extends Error>(
  actual: unknown,
  type: ErrorClass<E>,
  message?: string,
): asserts actual is E;
/** Throws unless `body` throws such an error, which it returns. */
export function assertThrows<E extends Error>(
  body: () => unknown,
  type: ErrorClass<E>,
  messageIncludes?: string,
): E;
/** Rejects unless `body`'s promise rejects with such an error, to which it resolves. */
export function assertRejects<E extends Error>(
  body: () => PromiseLike<unknown>,
  type: ErrorClass<E>,
  messageIncludes?: string,
): Promise<E>;
/** Throws. */
export function fail(message?: string): never;
