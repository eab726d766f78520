/**
 * The operating system's message for a failed call, without what Deno adds.
 *
 * @module
 */

/**
 * A system error's message without Deno's number.
 *
 * @param error What Deno threw, such as `No space left on device (os error 28)`.
 * @returns Such as `No space left on device`.
 */
export function systemMessage({ message }: Error): string {
  return message.replace(/ \(os error \d+\)/, "");
}

/**
 * Says why a system call failed.
 *
 * @param error What Deno threw, such as `No space left on device (os error 28)`.
 * @returns Such as `no space left on device (ENOSPC)`.
 */
export function systemReason(error: unknown): string {
  const { code } = error as { readonly code?: string };
  return lowered(systemMessage(error as Error)) + (code === undefined ? "" : ` (${code})`);
}

/**
 * Says why a file cannot be read or written, for a sentence that names it.
 *
 * @param error What Deno threw, such as `Is a directory (os error 21): readfile '/etc'`.
 * @returns Such as `is a directory`.
 */
export function fileReason(error: unknown): string {
  if (error instanceof Deno.errors.NotFound) return "there is no such file";
  return lowered(systemMessage(error as Error).replace(/: [a-z]+ '.*$/s, ""));
}

function lowered(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}
