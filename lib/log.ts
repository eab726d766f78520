/**
 * The log: one line an event, on standard error.
 *
 * @module
 */

/** How lines are written; `auto` is text on a terminal, else JSON. */
export const LOG_FORMATS = ["auto", "text", "json"] as const;

/** One of {@linkcode LOG_FORMATS}. */
export type LogFormat = typeof LOG_FORMATS[number];

/** How much a line matters, the least first. */
export const LOG_LEVELS = ["info", "warning", "error"] as const;

/** One of {@linkcode LOG_LEVELS}. */
export type LogLevel = typeof LOG_LEVELS[number];

/** What a line tells besides its event. Names carry their unit, such as `timeoutMs`. */
export type LogFields = Readonly<Record<string, string | number | boolean | readonly string[]>>;

/** Is told of events; {@linkcode Log} writes them down. */
export interface EventLog {
  /** Tells what happens. */
  info(event: string, fields?: LogFields): void;
  /** Tells what someone should look at. */
  warning(event: string, fields?: LogFields): void;
  /** Tells what went wrong. */
  error(event: string, fields?: LogFields): void;
}

/** Where lines go. */
export interface LogTarget {
  /** Writes a line that ends with a line feed. */
  write(line: string): void;
  /** Whether a person watches. */
  readonly isTerminal: boolean;
  /** Whether colours are wanted there. */
  readonly useColor: boolean;
}

/** How a log is to be. */
export interface LogOptions {
  /** How lines are written. */
  readonly format: LogFormat;
  /** Events that matter less are not written. */
  readonly level: LogLevel;
}

/** Standard error. */
export function standardError(): LogTarget {
  const isTerminal = Deno.stderr.isTerminal();
  return {
    write: (line) => void writeAll(Deno.stderr, line),
    isTerminal,
    useColor: isTerminal && !Deno.noColor && !isDumbTerminal(),
  };
}

/** Whether the terminal takes nothing but text (`TERM=dumb`). */
export function isDumbTerminal(): boolean {
  // Whoever runs a program with fewer permissions than its task has may do so.
  const { state } = Deno.permissions.querySync({ name: "env", variable: "TERM" });
  return state === "granted" && Deno.env.get("TERM") === "dumb";
}

/**
 * Writes to a standard stream at once and whole, so that it is out before the process ends.
 *
 * @param stream `Deno.stdout` or `Deno.stderr`.
 * @param data Text or bytes.
 * @returns Whether it is out; `false` when whoever read this has gone, which is no reason for a log to stop.
 */
export function writeAll(stream: { writeSync(bytes: Uint8Array): number }, data: string | Uint8Array): boolean {
  const bytes = typeof data === "string" ? new TextEncoder().encode(data) : data;
  try {
    let written = 0;
    while (written < bytes.length) written += stream.writeSync(written === 0 ? bytes : bytes.subarray(written));
    return true;
  } catch (error) {
    if (!(error instanceof Deno.errors.BrokenPipe)) throw error;
    return false;
  }
}

const ANSI_BY_LEVEL: Readonly<Record<LogLevel, string>> = { info: "", warning: "\x1b[33m", error: "\x1b[31m" };

/** Writes events. */
export class Log implements EventLog {
  readonly #target: LogTarget;
  readonly #isJson: boolean;
  readonly #levels: ReadonlySet<LogLevel>;

  /**
   * @param target Where to.
   * @param options How, and what.
   */
  constructor(target: LogTarget, options: LogOptions) {
    this.#target = target;
    this.#isJson = options.format === "json" || (options.format === "auto" && !target.isTerminal);
    this.#levels = new Set(LOG_LEVELS.slice(LOG_LEVELS.indexOf(options.level)));
  }

  /** Tells what happens. */
  info(event: string, fields: LogFields = {}): void {
    this.#write("info", event, fields);
  }

  /** Tells what someone should look at. */
  warning(event: string, fields: LogFields = {}): void {
    this.#write("warning", event, fields);
  }

  /** Tells what went wrong. */
  error(event: string, fields: LogFields = {}): void {
    this.#write("error", event, fields);
  }

  #write(level: LogLevel, event: string, fields: LogFields): void {
    if (!this.#levels.has(level)) return;
    const time = new Date().toISOString();
    if (this.#isJson) return this.#target.write(JSON.stringify({ time, level, event, ...fields }) + "\n");
    const details = Object.entries(fields).map(([name, value]) => ` ${name}=${formatValue(value)}`).join("");
    const color = this.#target.useColor ? ANSI_BY_LEVEL[level] : "";
    const label = level === "info" ? "" : `${level}: `;
    this.#target.write(`${time} ${color}${label}${event}${color && "\x1b[0m"}${details}\n`);
  }
}

function formatValue(value: LogFields[string]): string {
  const text = Array.isArray(value) ? value.join(",") : String(value);
  // Text of a peer's choice must not steer the terminal: whatever is not plain is quoted, control characters escaped.
  return /^[!#-<>-~]+$/.test(text) ? text : JSON.stringify(text);
}
