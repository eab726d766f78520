/**
 * The file of an `ipc://` endpoint. libzmq removes whatever has the path when it binds; here a file is removed only when it
 * is a socket on which nobody listens, or the very socket that was bound.
 *
 * All that several steps decide is done while the folder is locked, so that two queues that start at the same moment do not
 * take each other's path. A file is never removed at once, but moved aside, looked at again there, where no other program
 * uses it, and moved back if it was replaced meanwhile.
 *
 * @module
 */

import { encodeText } from "./c_text.ts";
import { errnoName, ZmqError } from "./error.ts";
import { exchangeFiles, type FileFacts, lookAt, moveFile } from "./files.ts";
import type { Symbols } from "./symbols.ts";
import { connectError, isAbstract, listenOn } from "./unix_socket.ts";

/** flock(2): exclusive, without waiting. */
const LOCK_EX_NB = 2 | 4;
/** open(2): to read, and programs that this one starts do not inherit it. */
const OPEN_FLAGS = Deno.build.os === "darwin" ? 0x1000000 : 0o2000000;
/** Others of us hold a folder's lock for a millisecond; a program that holds it longer locks it for its own purposes. */
const LOCK_WAIT_MS = 200;
const LOCK_PAUSE_MS = 5;
/** The suffix of a file that is moved aside. */
const ASIDE = "spq";
/** Suffixes of one to three letters and digits, without that one. */
const MOST_SUFFIXES = parseInt(ASIDE, 36);
/** How often a path is tried anew because it changed while it was looked at. */
const ATTEMPTS = 10;

/** A listening socket that libzmq has not been given yet. */
export interface IpcListener {
  /** The endpoint as bound; what it accepts is reported under this name. */
  readonly endpoint: string;
  /** The descriptor, owned by the caller. */
  readonly fd: number;
  /** Its file, if it has one of its own: an abstract socket has none. */
  readonly file: IpcFile | undefined;
}

/** Which file was bound; can be sent to another thread. */
export interface IpcFileFacts {
  /** Its path. */
  readonly path: string;
  /** As {@linkcode FileFacts.identity}. */
  readonly identity: string;
  /** The folder that was made for it, if the endpoint was `ipc://*`. */
  readonly ownFolder: string | undefined;
}

/**
 * Listens on the path of an `ipc://` endpoint. What a killed process left there is replaced.
 *
 * @param symbols libzmq, and the C library with it.
 * @param path The path; `@` and a name for an abstract socket, `*` for a new file in a new folder.
 * @param backlog How many connections may wait to be accepted.
 * @param action What is being tried, for the error's sentence.
 * @returns The listener.
 * @throws {ZmqError} When the path is taken or cannot be bound; what is there stays as it is.
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

/** The file of a socket that is bound. */
export class IpcFile {
  readonly #symbols: Symbols;
  readonly #aside: string;
  #facts: IpcFileFacts;
  /** How many sockets the path has led to. */
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
   * Moves the file to another name in its folder, so that nobody new can connect; connections stay. A starting queue takes
   * the path for taken all the same.
   *
   * @returns The name of the error, `ENOENT` when it is not there; `undefined` when the file is hidden.
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
   * @returns The name of the error, `EEXIST` when something else has the path; `undefined` when the file is there.
   */
  show(): string | undefined {
    if (!this.#isAt(this.#aside)) return "ENOENT";
    return moveFile(this.#symbols, this.#aside, this.#facts.path);
  }

  /**
   * Has the path lead to another socket, at once, with the same mode and owner. Connections that have come before stay where
   * they are, accepted or not.
   *
   * @param backlog How many connections may wait to be accepted by the other one.
   * @returns The other one, with an endpoint of its own; or the name of the error: `ENOENT` when the path does not lead to
   * the socket that was bound any more, `EPERM` when another one cannot have its owner.
   */
  replace(backlog: number): IpcListener | string {
    const before = this.#factsAt(this.#facts.path);
    if (before?.identity !== this.#facts.identity) return "ENOENT";
    const next = this.#listenBeside(backlog);
    if (typeof next === "string") return next;
    const { path, fd } = next;
    const error = this.#takePlace(path, before);
    this.#symbols.unlink(encodeText(path));
    if (error === undefined) return { endpoint: `ipc://${path}`, fd, file: undefined };
    this.#symbols.close(fd);
    return error;
  }

  /** Removes the file, hidden or not, unless it is not the one that was bound. */
  remove(): void {
    const { path, ownFolder } = this.#facts;
    locked(this.#symbols, path, () => {
      if (this.#isAt(path)) removeIf(this.#symbols, path, (aside) => this.#isAt(aside));
      if (this.#isAt(this.#aside)) this.#symbols.unlink(encodeText(this.#aside));
    });
    if (ownFolder !== undefined) this.#symbols.rmdir(encodeText(ownFolder));
  }

  /** Exchanges the file for one in the same folder, which is to be removed then; or gives the name of the error. */
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

  /** Listens on a name of its own in the same folder, or gives the name of the error. */
  #listenBeside(backlog: number): { path: string; fd: number } | string {
    const { path } = this.#facts;
    for (let attempt = 1;; attempt++) {
      const beside = besideOf(path, `${(this.#count++ % MOST_SUFFIXES).toString(36)}`);
      try {
        return { path: beside, fd: listenOn(this.#symbols, beside, backlog, `Cannot replace "${path}"`) };
      } catch (error) {
        if (!(error instanceof ZmqError)) throw error;
        // A name that is still in use, or that a killed process has left.
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
      // In a folder that may not be entered any more nothing can be moved or removed.
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
      throw new ZmqError(action, "ENOENT", "the file was removed at once");
    }
    const file = new IpcFile(symbols, { path, identity: facts.identity, ownFolder });
    try {
      // Asked after binding: a queue that hides its path does not wait for the folder's lock.
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

/** Removes what a killed process has hidden. */
function removeHidden(symbols: Symbols, path: string, action: string): void {
  const aside = besideOf(path, ASIDE);
  if (lookAt(symbols, aside)?.isSocket !== true) return;
  const error = connectError(symbols, aside);
  if (error === undefined) {
    throw new ZmqError(action, "EADDRINUSE", "a queue listens there that is at its descriptor limit");
  }
  if (error === "ECONNREFUSED") symbols.unlink(encodeText(aside));
}

/**
 * Whether a path is a socket on which nobody listens.
 *
 * @returns `false` when nothing is there any more.
 * @throws {ZmqError} When it is anything else, or that cannot be known.
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
      throw new ZmqError(action, error, "a socket is there, and whether somebody listens on it cannot be found out");
  }
}

/**
 * Removes a file, unless it is another one by the time that it is out of others' reach.
 *
 * @returns The name of the error; `undefined` when the file was removed, or is not there any more.
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

/** A name in the same folder, at most five bytes longer, which every path of an endpoint can be. */
function besideOf(path: string, suffix: string): string {
  const start = path.lastIndexOf("/") + 1;
  return `${path.slice(0, start)}.${path.slice(start)}.${suffix}`;
}

/**
 * Runs a function while the folder of a path is locked (`flock`). Where that is not possible, for instance since the folder
 * may not be read, it runs all the same: then two queues that start at the same moment may both find that nobody listens.
 */
function locked<T>(symbols: Symbols, path: string, run: () => T): T {
  const folder = path.slice(0, path.lastIndexOf("/") + 1);
  const fd = symbols.open(encodeText(folder === "" ? "." : folder), OPEN_FLAGS);
  if (fd < 0) return run();
  try {
    for (let waitedMs = 0; symbols.flock(fd, LOCK_EX_NB) < 0 && waitedMs < LOCK_WAIT_MS; waitedMs += LOCK_PAUSE_MS) {
      if (errnoName(symbols.zmq_errno()) !== "EAGAIN") break;
      symbols.poll(null, 0n, LOCK_PAUSE_MS);
    }
    return run();
  } finally {
    // Unlocks it, too.
    symbols.close(fd);
  }
}

/** Makes a folder that nobody else may enter, in TMPDIR. */
function makeFolder(symbols: Symbols, action: string): string {
  const variable = symbols.getenv(encodeText("TMPDIR"));
  const parent = variable === null ? "/tmp" : Deno.UnsafePointerView.getCString(variable);
  const template = encodeText(`${parent}/spq-XXXXXX`);
  if (symbols.mkdtemp(template) === null) {
    throw new ZmqError(action, errnoName(symbols.zmq_errno()), `no folder can be made in "${parent}"`);
  }
  return new TextDecoder().decode(template.subarray(0, -1));
}
