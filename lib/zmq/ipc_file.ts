/**
 * The file of an `ipc://` endpoint. When libzmq binds, it removes whatever is at the path. Here, a file is removed only
 * if it is a socket on which nobody listens, or the very socket that was bound.
 *
 * The folder is locked meanwhile, so that two queues that start at the same moment do not take each other's path. A
 * file is not removed in place: it is moved aside, where no other program uses it, and examined again. If it has turned
 * out to be another file, it is moved back.
 *
 * @module
 */

import { O_CLOEXEC } from "../c_library.ts";
import { encodeText } from "./c_text.ts";
import { errnoName, ZmqError } from "./error.ts";
import { exchangeFiles, type FileFacts, lookAt, moveFile } from "./files.ts";
import type { Symbols } from "./symbols.ts";
import { connectError, isAbstract, isHeld, listenOn } from "./unix_socket.ts";

/** For flock(2): exclusive, without waiting. */
const LOCK_EX_NB = 2 | 4;
/**
 * How long to wait for the lock, in milliseconds. A queue holds it for about a millisecond; if it is held longer,
 * another program has it for its own purposes.
 */
const LOCK_WAIT_MS = 200;
const LOCK_PAUSE_MS = 5;
/** The suffix of a file that is moved aside. */
const ASIDE = "spq";
/** The number of other suffixes: the base-36 numbers below {@linkcode ASIDE}. */
const SUFFIX_COUNT = parseInt(ASIDE, 36);
/** How often to start over because a path changed meanwhile. */
const ATTEMPTS = 10;

/** A listening socket that libzmq has not been given yet. */
export interface IpcListener {
  /** The endpoint as bound; monitors report its connections under this name. */
  readonly endpoint: string;
  /** The descriptor; the caller owns it. */
  readonly fd: number;
  /** Its file; `undefined` for an abstract socket, or one that has replaced another at a path. */
  readonly file: IpcFile | undefined;
}

/** Identifies the file of a bound socket; can be posted to another thread. */
export interface IpcFileFacts {
  /** Its path. */
  readonly path: string;
  /** As {@linkcode FileFacts.identity}. */
  readonly identity: string;
  /** The folder that was made for it if the endpoint is `ipc://*`. */
  readonly ownFolder: string | undefined;
}

/**
 * Listens on the path of an `ipc://` endpoint. Replaces the socket that a killed process left there.
 *
 * @param symbols libzmq, and the C library with it.
 * @param path The path; `@` followed by a name for an abstract socket; `*` for a new file in a new folder.
 * @param backlog How many connections may wait to be accepted.
 * @param action What is being tried, for the error's sentence.
 * @returns The listener.
 * @throws {ZmqError} When the path is taken or cannot be bound. Whatever is there is left unchanged.
 */
export function listenIpc(symbols: Symbols, path: string, backlog: number, action: string): IpcListener {
  if (isAbstract(path)) {
    return { endpoint: `ipc://${path}`, fd: listenOn(symbols, path, backlog, action), file: undefined };
  }
  if (path !== "*") return listenOnFile(symbols, path, undefined, backlog, action);
  const ownFolder = makeFolder(symbols, action);
  try {
    return listenOnFile(symbols, `${ownFolder}/socket`, ownFolder, backlog, action);
  } catch (error) {
    symbols.rmdir(encodeText(ownFolder));
    throw error;
  }
}

/**
 * Whether another process listens on the path of an `ipc://` endpoint, even if it has hidden its file. That process
 * does not notice the check.
 *
 * @param symbols libzmq, and the C library with it.
 * @param path The path.
 */
export function isIpcTaken(symbols: Symbols, path: string): boolean {
  if (path === "*") return false;
  if (!isAbstract(path)) return isHeld(symbols, path) || isHeld(symbols, besideOf(path, ASIDE));
  // Abstract names are separate for each type of socket, so the only way is to try the name itself.
  try {
    symbols.close(listenOn(symbols, path, 0, "Cannot look"));
    return false;
  } catch (error) {
    if (!(error instanceof ZmqError)) throw error;
    return error.code === "EADDRINUSE";
  }
}

/** The file of a bound socket. */
export class IpcFile {
  readonly #symbols: Symbols;
  readonly #aside: string;
  #facts: IpcFileFacts;
  /** How many names for replacements were used. */
  #count = 0;

  /**
   * @param symbols libzmq, and the C library with it.
   * @param facts Which file it is.
   */
  constructor(symbols: Symbols, facts: IpcFileFacts) {
    this.#symbols = symbols;
    this.#facts = facts;
    this.#aside = besideOf(facts.path, ASIDE);
  }

  /** Which file it is now. */
  get facts(): IpcFileFacts {
    return this.#facts;
  }

  /**
   * Moves the file to another name in its folder, so that nobody else can connect. Existing connections stay, and to a
   * queue that starts, the path is still taken.
   *
   * @returns The name of the error, `ENOENT` if the file is missing; `undefined` on success.
   */
  hide(): string | undefined {
    const { path } = this.#facts;
    if (!this.#isAt(path)) return "ENOENT";
    const error = moveFile(this.#symbols, path, this.#aside);
    if (error !== undefined || this.#isAt(this.#aside)) return error;
    // Another program has put its own file there just now.
    moveFile(this.#symbols, this.#aside, path);
    return "ENOENT";
  }

  /**
   * Moves the file back.
   *
   * @returns The name of the error, `EEXIST` if something else is at the path; `undefined` on success.
   */
  show(): string | undefined {
    if (!this.#isAt(this.#aside)) return "ENOENT";
    return moveFile(this.#symbols, this.#aside, this.#facts.path);
  }

  /**
   * Atomically replaces the file with that of another socket with the same mode and owner. Earlier connections,
   * accepted or not, stay with the old socket.
   *
   * @param backlog How many connections may wait to be accepted at the new socket.
   * @param isUsed Whether a listener that was returned earlier still uses an endpoint.
   * @returns The new listener, with its own endpoint; or the name of the error: `ENOENT` if another file is at the path
   * by now, `EPERM` if the new file cannot get the old one's owner.
   */
  replace(backlog: number, isUsed: (endpoint: string) => boolean): IpcListener | string {
    const before = this.#factsAt(this.#facts.path);
    if (before?.identity !== this.#facts.identity) return "ENOENT";
    const next = this.#listenBeside(backlog, isUsed);
    if (typeof next === "string") return next;
    const { path, listener } = next;
    const error = this.#takePlace(path, before);
    this.#symbols.unlink(encodeText(path));
    if (error === undefined) return listener;
    this.#symbols.close(listener.fd);
    return error;
  }

  /** Removes the file, hidden or not, if it is still the one that was bound. */
  remove(): void {
    const { path, ownFolder } = this.#facts;
    locked(this.#symbols, path, () => {
      if (this.#isAt(path)) removeIf(this.#symbols, path, (aside) => this.#isAt(aside));
      if (this.#isAt(this.#aside)) this.#symbols.unlink(encodeText(this.#aside));
    });
    if (ownFolder !== undefined) this.#symbols.rmdir(encodeText(ownFolder));
  }

  /** Exchanges the file with one in the same folder; returns the name of the error if that fails. */
  #takePlace(beside: string, before: FileFacts): string | undefined {
    const next = this.#factsAt(beside);
    if (next === undefined) return "ENOENT";
    const symbols = this.#symbols;
    const isOwned = next.user === before.user && next.group === before.group;
    if (!isOwned && symbols.lchown(encodeText(beside), before.user, before.group) < 0) return "EPERM";
    if (symbols.chmod(encodeText(beside), before.mode) < 0) return "EPERM";
    const error = exchangeFiles(symbols, beside, this.#facts.path);
    if (error !== undefined) return error;
    if (this.#isAt(beside)) {
      this.#facts = { ...this.#facts, identity: next.identity };
      return undefined;
    }
    // Another program has put its own file there just now.
    exchangeFiles(symbols, beside, this.#facts.path);
    return "ENOENT";
  }

  /** Listens on another name in the same folder; returns the name of the error if that fails. */
  #listenBeside(
    backlog: number,
    isUsed: (endpoint: string) => boolean,
  ): { path: string; listener: IpcListener } | string {
    for (let attempt = 1;; attempt++) {
      let [path, endpoint] = ["", ""];
      do {
        path = besideOf(this.#facts.path, (this.#count++ % SUFFIX_COUNT).toString(36));
        endpoint = `ipc://${path}`;
      } while (isUsed(endpoint));
      try {
        const fd = listenOn(this.#symbols, path, backlog, `Cannot replace "${this.#facts.path}"`);
        return { path, listener: { endpoint, fd, file: undefined } };
      } catch (error) {
        if (!(error instanceof ZmqError)) throw error;
        // A killed process may have left a file with this name.
        if (error.code !== "EADDRINUSE" || attempt === ATTEMPTS) return error.code;
      }
    }
  }

  #isAt(path: string): boolean {
    return this.#factsAt(path)?.identity === this.#facts.identity;
  }

  #factsAt(path: string): FileFacts | undefined {
    try {
      return lookAt(this.#symbols, path);
    } catch (error) {
      // Without permission for the folder, nothing can be moved or removed.
      if (error instanceof ZmqError) return undefined;
      throw error;
    }
  }
}

function listenOnFile(
  symbols: Symbols,
  path: string,
  ownFolder: string | undefined,
  backlog: number,
  action: string,
): IpcListener {
  return locked(symbols, path, () => {
    const fd = listenOnFree(symbols, path, backlog, action);
    const facts = lookAt(symbols, path);
    if (facts === undefined) {
      symbols.close(fd);
      throw new ZmqError(action, "ENOENT", "the file was removed right away");
    }
    const file = new IpcFile(symbols, { path, identity: facts.identity, ownFolder });
    try {
      // Done after binding, since a queue does not lock the folder to hide its file.
      removeHidden(symbols, path, action);
    } catch (error) {
      symbols.close(fd);
      symbols.unlink(encodeText(path));
      throw error;
    }
    return { endpoint: `ipc://${path}`, fd, file };
  });
}

/** Listens on a path, and removes a socket on which nobody listens. */
function listenOnFree(symbols: Symbols, path: string, backlog: number, action: string): number {
  for (let attempt = 1;; attempt++) {
    try {
      return listenOn(symbols, path, backlog, action);
    } catch (error) {
      if (!(error instanceof ZmqError) || error.code !== "EADDRINUSE" || attempt === ATTEMPTS) throw error;
    }
    if (!isAbandoned(symbols, path, action)) continue;
    removeHidden(symbols, path, action);
    const error = removeIf(symbols, path, (aside) => isAbandoned(symbols, aside, action));
    if (error !== undefined) {
      const obstacle = error === "EEXIST" ? `, since "${besideOf(path, ASIDE)}" is in the way` : "";
      throw new ZmqError(action, error, `nobody listens on the socket there, but it cannot be removed${obstacle}`);
    }
  }
}

/** Removes the file that a killed process has hidden. */
function removeHidden(symbols: Symbols, path: string, action: string): void {
  const aside = besideOf(path, ASIDE);
  if (lookAt(symbols, aside)?.isSocket !== true) return;
  const error = connectError(symbols, aside);
  if (error === undefined) {
    throw new ZmqError(action, "EADDRINUSE", "a queue that has reached its descriptor limit listens there");
  }
  if (error === "ECONNREFUSED") symbols.unlink(encodeText(aside));
}

/**
 * Whether a path is a socket on which nobody listens.
 *
 * @returns `false` if nothing is there any more.
 * @throws {ZmqError} When it is anything else, or this cannot be determined.
 */
function isAbandoned(symbols: Symbols, path: string, action: string): boolean {
  const facts = lookAt(symbols, path);
  if (facts === undefined) return false;
  if (!facts.isSocket) {
    throw new ZmqError(
      action,
      "EADDRINUSE",
      "a file that is not a socket is there; choose another path, or remove the file",
    );
  }
  const error = connectError(symbols, path);
  switch (error) {
    case "ECONNREFUSED":
      return true;
    case "ENOENT":
      return false;
    case undefined:
      throw new ZmqError(action, "EADDRINUSE", "somebody listens there");
    case "EPROTOTYPE":
      throw new ZmqError(action, "EADDRINUSE", "a socket of another type is there");
    default:
      throw new ZmqError(action, error, "a socket is there, and it is unknown whether somebody listens on it");
  }
}

/**
 * Removes a file, unless it turns out to be another one once it has been moved aside.
 *
 * @returns The name of the error; `undefined` if the file was removed, or no longer exists.
 */
function removeIf(symbols: Symbols, path: string, isRight: (aside: string) => boolean): string | undefined {
  const aside = besideOf(path, ASIDE);
  const error = moveFile(symbols, path, aside);
  if (error !== undefined) return error === "ENOENT" ? undefined : error;
  let isRemovable = false;
  try {
    isRemovable = isRight(aside);
  } finally {
    if (!isRemovable) moveFile(symbols, aside, path);
  }
  if (isRemovable && symbols.unlink(encodeText(aside)) < 0) return errnoName(symbols.zmq_errno());
  return undefined;
}

/** A name in the same folder, at most five bytes longer, which is still valid for every endpoint's path. */
function besideOf(path: string, suffix: string): string {
  const start = path.lastIndexOf("/") + 1;
  return `${path.slice(0, start)}.${path.slice(start)}.${suffix}`;
}

/**
 * Runs a function while the folder of a path is locked (`flock`). If the folder cannot be locked, for instance because
 * it is not readable, the function runs anyway; then two queues that start at the same moment may both find that nobody
 * listens.
 */
function locked<T>(symbols: Symbols, path: string, run: () => T): T {
  const folder = path.slice(0, path.lastIndexOf("/") + 1);
  const fd = symbols.open(encodeText(folder === "" ? "." : folder), O_CLOEXEC);
  if (fd < 0) return run();
  try {
    for (let waitedMs = 0; symbols.flock(fd, LOCK_EX_NB) < 0 && waitedMs < LOCK_WAIT_MS; waitedMs += LOCK_PAUSE_MS) {
      if (errnoName(symbols.zmq_errno()) !== "EAGAIN") break;
      symbols.poll(null, 0n, LOCK_PAUSE_MS);
    }
    return run();
  } finally {
    // This also unlocks it.
    symbols.close(fd);
  }
}

/** Makes a folder in TMPDIR that nobody else may enter. */
function makeFolder(symbols: Symbols, action: string): string {
  const variable = symbols.getenv(encodeText("TMPDIR"));
  const parent = variable === null ? "/tmp" : Deno.UnsafePointerView.getCString(variable);
  const template = encodeText(`${parent}/spq-XXXXXX`);
  if (symbols.mkdtemp(template) === null) {
    throw new ZmqError(action, errnoName(symbols.zmq_errno()), `no folder can be made in "${parent}"`);
  }
  return new TextDecoder().decode(template.subarray(0, -1));
}
