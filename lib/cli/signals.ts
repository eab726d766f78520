/**
 * The signals that end a program: the first asks it to finish, the second ends it at once.
 *
 * @module
 */

import { cLibrary } from "../c_library.ts";
import { ExitCode } from "./program.ts";
import { reapOrphans } from "./reaper.ts";

const SIGNAL_NUMBERS = { SIGHUP: 1, SIGINT: 2, SIGTERM: 15 } as const;

/** A signal that ends a program. SIGHUP is sent when the terminal is closed. */
export type EndSignal = keyof typeof SIGNAL_NUMBERS;

/**
 * A signal that repeats another within this time, in milliseconds, counts as the same request: a terminal (Ctrl-C) or a
 * service manager signals the whole process group, which includes the program, and `deno task` passes the signal on to
 * the program as well. SIGHUP counts as a repetition of any signal, because service managers may send it along with
 * SIGTERM.
 */
export const SIGNAL_ECHO_MS = 300;

/** `SIG_IGN`, the disposition of a signal that is ignored. It is the first field of `struct sigaction` on Linux and macOS. */
const IGNORED = 1n;
/** More than `sizeof(struct sigaction)`. */
const SIGACTION_SIZE = 256;

/** The first process of a container. Linux drops its signals unless it handles them. */
const FIRST_PID = 1;

/** What happens on a signal. */
export interface SignalHandlers {
  /** The first signal: finish. */
  readonly onFirst: (signal: EndSignal) => void;
  /**
   * The second signal: stop whatever would leave something behind, quickly.
   *
   * @default nothing
   */
  readonly onSecond?: () => Promise<void>;
}

/** The process's signals. */
class EndSignals {
  #handlers: SignalHandlers | undefined;
  #first: { readonly signal: EndSignal; readonly atMs: number } | undefined;
  #secondCode: number | undefined;
  #isCatching = false;
  #survivesHangup = false;

  /** Called in the first line of a program, because Deno later changes the signals' dispositions. */
  obey(): void {
    // `nohup` starts a program that must survive its terminal; Deno does not respect that. SIGINT is different: shells
    // without job control start every background program with SIGINT ignored, and such a program could then not be
    // stopped as documented.
    this.#survivesHangup = isIgnored("SIGHUP");
    if (this.#survivesHangup) Deno.addSignalListener("SIGHUP", () => {});
    if (Deno.pid !== FIRST_PID) return;
    this.#catch();
    reapOrphans();
  }

  handle(handlers: SignalHandlers): void {
    this.#handlers = handlers;
    this.#catch();
  }

  get secondCode(): number | undefined {
    return this.#secondCode;
  }

  #catch(): void {
    if (this.#isCatching) return;
    this.#isCatching = true;
    for (const signal of Object.keys(SIGNAL_NUMBERS) as EndSignal[]) {
      if (signal === "SIGHUP" && this.#survivesHangup) continue;
      Deno.addSignalListener(signal, () => void this.#receive(signal));
    }
  }

  async #receive(signal: EndSignal): Promise<void> {
    const handlers = this.#handlers;
    // Nothing is registered that must finish first.
    if (handlers === undefined) Deno.exit(exitCodeOf(signal));
    const atMs = performance.now();
    if (this.#first === undefined) {
      this.#first = { signal, atMs };
      return handlers.onFirst(signal);
    }
    if (atMs - this.#first.atMs < SIGNAL_ECHO_MS && isEcho(signal, this.#first.signal)) return;
    const isSecond = this.#secondCode === undefined;
    this.#secondCode ??= exitCodeOf(signal);
    if (isSecond) await handlers.onSecond?.();
    Deno.exit(this.#secondCode);
  }
}

const signals = new EndSignals();

/**
 * Makes signals end a program that has not called {@linkcode listenForSignals} yet, or never does: the system ends the
 * process, or, if it is the first process of a container, it exits with 128 plus the signal's number. In that case it
 * also reaps orphans.
 */
export function obeySignals(): void {
  signals.obey();
}

/**
 * Listens for Ctrl-C (SIGINT), SIGTERM and, unless it was ignored when the program started (`nohup`), SIGHUP. The
 * second signal ends the process with 128 plus its number.
 *
 * @param handlers What happens.
 * @returns `exitCode` returns the code to exit with: that of the second signal if there was one, otherwise the given
 * one. It is needed because what the second signal stops may finish before the signal's handler has ended the process.
 */
export function listenForSignals(handlers: SignalHandlers): { exitCode(otherwise: number): number } {
  signals.handle(handlers);
  return { exitCode: (otherwise) => signals.secondCode ?? otherwise };
}

function isEcho(signal: EndSignal, first: EndSignal): boolean {
  return signal === first || signal === "SIGHUP" || first === "SIGHUP";
}

/** The exit code of a program that a signal ends. */
export function exitCodeOf(signal: EndSignal): number {
  return ExitCode.SIGNAL + SIGNAL_NUMBERS[signal];
}

function isIgnored(signal: EndSignal): boolean {
  const action = new Uint8Array(SIGACTION_SIZE);
  if (cLibrary()?.sigaction(SIGNAL_NUMBERS[signal], null, action) !== 0) return false;
  return new DataView(action.buffer).getBigUint64(0, true) === IGNORED;
}
