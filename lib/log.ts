/**
 * The log: one line per event.
 *
 * @module
 */

/** How lines are written; `auto` means text on a terminal, JSON elsewhere. */
export const LOG_FORMATS = ["auto", "text", "json"] as const;

/** One of {@linkcode LOG_FORMATS}. */
export type LogFormat = typeof LOG_FORMATS[number];

/** The levels, least important first. */
export const LOG_LEVELS = ["debug", "info", "warning", "error"] as const;

/** One of {@linkcode LOG_LEVELS}. */
export type LogLevel = typeof LOG_LEVELS[number];

/** The fields of a line besides its event. Names carry their unit, such as `timeoutMs`. */
export type LogFields = Readonly<Record<string, string | number | boolean | readonly string[]>>;

/** Receives events; {@linkcode Log} writes them as lines. */
export interface EventLog {
  /** Logs something that happens all the time. */
  debug(event: string, fields?: LogFields): void;
  /** Logs something that happened. */
  info(event: string, fields?: LogFields): void;
  /** Logs something that someone should look at. */
  warning(event: string, fields?: LogFields): void;
  /** Logs something that went wrong. */
  error(event: string, fields?: LogFields): void;
}

/** Where lines go. */
export interface LogTarget {
  /**
   * Writes a line that ends with a line feed. Neither waits nor throws.
   *
   * @returns Whether the line was written; `false` if it is lost.
   */
  write(line: string): boolean;
  /** Whether it is a terminal. */
  readonly isTerminal: boolean;
  /** Whether lines may have colours. */
  readonly useColor: boolean;
}

/** Options of a {@linkcode Log}. */
export interface LogOptions {
  /** How lines are written. */
  readonly format: LogFormat;
  /** The minimum level to write. */
  readonly level: LogLevel;
}

const ANSI_BY_LEVEL: Readonly<Record<LogLevel, string>> = {
  debug: "\x1b[2m",
  info: "",
  warning: "\x1b[33m",
  error: "\x1b[31m",
};

/** Writes events as lines. Lines that cannot be written are lost; once writing works again, a line says how many. */
export class Log implements EventLog {
  readonly #target: LogTarget;
  /** Whether lines are JSON, for programs, instead of text. */
  readonly isJson: boolean;
  readonly #levels: ReadonlySet<LogLevel>;
  /** How many lines were lost since the last one that was written. */
  #lost = 0;

  /**
   * @param target Where lines go.
   * @param options The format, and the minimum level.
   */
  constructor(target: LogTarget, options: LogOptions) {
    this.#target = target;
    this.isJson = options.format === "json" || (options.format === "auto" && !target.isTerminal);
    this.#levels = new Set(LOG_LEVELS.slice(LOG_LEVELS.indexOf(options.level)));
  }

  /** Logs something that happens all the time. */
  debug(event: string, fields: LogFields = {}): void {
    this.#write("debug", event, fields);
  }

  /** Logs something that happened. */
  info(event: string, fields: LogFields = {}): void {
    this.#write("info", event, fields);
  }

  /** Logs something that someone should look at. */
  warning(event: string, fields: LogFields = {}): void {
    this.#write("warning", event, fields);
  }

  /** Logs something that went wrong. */
  error(event: string, fields: LogFields = {}): void {
    this.#write("error", event, fields);
  }

  #write(level: LogLevel, event: string, fields: LogFields): void {
    if (!this.#levels.has(level)) return;
    if (this.#lost > 0 && this.#target.write(this.#format("warning", "log lines lost", { lines: this.#lost }))) {
      this.#lost = 0;
    }
    if (this.#lost > 0 || !this.#target.write(this.#format(level, event, fields))) this.#lost++;
  }

  #format(level: LogLevel, event: string, fields: LogFields): string {
    const time = new Date().toISOString();
    if (this.isJson) return JSON.stringify({ time, level, event, ...fields }) + "\n";
    const details = Object.entries(fields).map(([name, value]) => ` ${name}=${formatValue(value)}`).join("");
    const color = this.#target.useColor ? ANSI_BY_LEVEL[level] : "";
    const label = level === "info" ? "" : `${level}: `;
    return `${time} ${color}${label}${event}${color && "\x1b[0m"}${details}\n`;
  }
}

function formatValue(value: LogFields[string]): string {
  const text = Array.isArray(value) ? value.join(",") : String(value);
  // Text that a peer chose must not control the terminal, so text that is not plain is quoted, with control characters
  // escaped.
  return /^[!#-<>-~]+$/.test(text) ? text : JSON.stringify(text).replaceAll(/\p{Cc}/gu, escaped);
}

/** Escapes a control character that JSON does not: U+009B, for example, begins a sequence on terminals, as ESC and "[" do. */
function escaped(character: string): string {
  return `\\u00${character.charCodeAt(0).toString(16)}`;
}
