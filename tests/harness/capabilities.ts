/**
 * What tests can use on this machine and with the permissions of this run. It never prompts for a permission, so a run
 * with few permissions continues.
 *
 * @module
 */

/** What a test may need. */
export type Need =
  /** libzmq in this process. */
  | "ffi"
  /** A queue in this process, which needs {@linkcode Need} `ffi` and a thread. */
  | "queue thread"
  /** The three programs as processes, from source or as binaries. */
  | "programs"
  /** The programs as binaries: {@linkcode BINARIES} is set. */
  | "binaries"
  /** The programs as binaries for arm64, and an emulator. */
  | "arm64 binaries"
  /** The root folder of an old system: {@linkcode OLD_SYSTEM} is set. */
  | "old system"
  /**
   * A process without other tests, which would open and close descriptors meanwhile. `deno task test:alone` runs only
   * these tests.
   */
  | "own process"
  /** Several seconds: {@linkcode IS_LONG}. */
  | "long run"
  /** Temporary files. */
  | "files"
  /** Connections over the network. */
  | "network"
  /** Debian's Prometheus, with promtool. */
  | "prometheus"
  /** IPv6 on the loopback interface. */
  | "ipv6"
  /** A POSIX shell. */
  | "shell"
  /** A shell that limits descriptors. */
  | "ulimit"
  /** Linux's `/proc`, for a process's memory and threads. */
  | "proc"
  /** Python. */
  | "python"
  /** Ruby. */
  | "ruby"
  /** Python with pyzmq. */
  | "pyzmq"
  /** Node with the npm package zeromq, installed by `npm ci` in `tests/peers`. */
  | "node zeromq"
  /** A JDK, and JeroMQ, installed by Maven in `tests/peers/java`: {@linkcode JEROMQ_CLASS_PATH}. */
  | "jeromq"
  /** A way to run a program without root's privileges: {@linkcode unprivileged}. */
  | "unprivileged"
  /** Ports that only root may bind. */
  | "privileged ports"
  /** A libzmq of the system: {@linkcode SYSTEM_LIBZMQ}. */
  | "system libzmq"
  /** A C compiler. */
  | "gcc"
  /** The shell bash. */
  | "bash"
  /** The shell zsh. */
  | "zsh"
  /** The shell fish. */
  | "fish"
  /** openssl, which makes certificates. */
  | "openssl"
  /** nats-server, which links queues. */
  | "nats"
  /** Kubernetes' schemas: Python with kubernetes-validate, and kubectl, which assembles manifests. */
  | "kubernetes schemas"
  /** KEDA's schemas, in a Go module that is on this machine: {@linkcode KEDA_MODULE}. */
  | "keda schemas"
  /** Debian's nginx, a proxy. */
  | "nginx"
  /** Debian's docker-compose, which reads compose files. */
  | "docker-compose"
  /** mandoc, which checks man pages. */
  | "mandoc"
  /** The terminal multiplexer tmux: a terminal whose size and contents are known. */
  | "tmux"
  /** A terminal for a program: {@linkcode inTerminal}. */
  | "terminal"
  /** `unshare` as root: a program as the first process of a new namespace. */
  | "process namespaces"
  /** `/dev/full`, on which every write fails. */
  | "full device"
  /** `setsid`, which makes a program the first of a process group. */
  | "process groups"
  /** Mount namespaces that can be made here, by root. */
  | "namespaces"
  /** Network namespaces that can be made here, by root. */
  | "network namespaces"
  /** Network and mount namespaces that can be made and entered here, by root: {@linkcode PrivateNetwork}. */
  | "private networks"
  /**
   * Chromium: {@linkcode CHROMIUM}. The package that drives it needs all permissions. `deno task test:page` runs only
   * these tests.
   */
  | "chromium";

/** The repository's folder. */
export const ROOT: URL = new URL("../../", import.meta.url);

/** Where programs are looked up: the variable `PATH`. */
export const SEARCH_PATH: string = valueOf("PATH") || "/usr/bin:/bin";
/** The command for Python. */
export const PYTHON = "python3";
/** The command for Node. */
export const NODE = "node";
/** The command that runs a Java program from its source. */
export const JAVA = "java";
/** Where Java finds JeroMQ. */
export const JEROMQ_CLASS_PATH: string = decodeURIComponent(
  new URL("tests/peers/java/target/dependency/*", ROOT).pathname,
);
/** The emulator that runs arm64 binaries here, with its arguments. */
export const ARM64_EMULATOR: readonly string[] = ["qemu-aarch64", "-L", "/usr/aarch64-linux-gnu"];

/** The Go module with KEDA's schemas, and its version. */
export const KEDA_MODULE = "github.com/kedacore/keda/v2@v2.20.2";

/** Debian's browser, without a window. */
export const CHROMIUM = "/usr/bin/chromium";

/** A libzmq of the system, as `SPQ_LIBZMQ` may name it. */
export const SYSTEM_LIBZMQ = "libzmq.so.5";
/** For root: starts a program without root's privileges. */
const DROP_PRIVILEGES: readonly string[] = ["setpriv", "--bounding-set=-all"];

/** The folder of the binaries under test, from the variable `SPQ_TEST_BINARIES`. If it is not set, the source is tested. */
export const BINARIES: string | undefined = folderFrom("SPQ_TEST_BINARIES");
/**
 * A checkout of an earlier version, from the variable `SPQ_TEST_EARLIER`: tests of upgrades start with its queue. If it
 * is not set, they start with the version under test.
 */
export const EARLIER: string | undefined = folderFrom("SPQ_TEST_EARLIER");
/** The folder of the arm64 binaries, from the variable `SPQ_TEST_BINARIES_ARM64`. */
export const ARM64_BINARIES: string | undefined = folderFrom("SPQ_TEST_BINARIES_ARM64");
/** The root folder of an old system, from the variable `SPQ_TEST_OLD_SYSTEM`, where binaries are also tested. */
export const OLD_SYSTEM: string | undefined = folderFrom("SPQ_TEST_OLD_SYSTEM");
/**
 * The longest time that a fault injection runs in the test suite, in milliseconds, from the variable
 * `SPQ_TEST_FAULT_MS`. By default it is short, so that all tests end within about three minutes; CI runs the faults for
 * longer.
 *
 * @default 1500
 */
export const LONGEST_FAULT_MS: number = millisecondsFrom("SPQ_TEST_FAULT_MS", 1500);
/**
 * Whether to run tests that take several seconds, too: whether the variable `SPQ_TEST_LONG` is 1, as in CI. Without
 * them, all tests end within about three minutes.
 */
export const IS_LONG: boolean = valueOf("SPQ_TEST_LONG") === "1";
/**
 * How many I/O threads the queues under test have, from the variable `SPQ_TEST_IO_THREADS`; `undefined`: the default. CI runs the
 * faults that depend on the order of events with several.
 */
export const IO_THREADS: number | undefined = Number(valueOf("SPQ_TEST_IO_THREADS")) || undefined;
/** Whether this is the run of the tests that need `own process`, from the variable `SPQ_TEST_ALONE`. */
export const RUNS_ALONE: boolean = valueOf("SPQ_TEST_ALONE") === "1";
/** Whether this is the run of the tests that need `chromium`, from the variable `SPQ_TEST_BROWSER`. */
export const RUNS_BROWSER: boolean = valueOf("SPQ_TEST_BROWSER") === "1";
/** Whether each fault injection runs on every transport: the variable `SPQ_TEST_TRANSPORTS` is `all`. */
export const ALL_TRANSPORTS: boolean = valueOf("SPQ_TEST_TRANSPORTS") === "all";

/**
 * Lists what this run leaves out.
 *
 * @returns Each reason once, in the order of {@linkcode Need}; in a run from source, without the reasons about
 * binaries.
 */
export function leftOut(): string[] {
  const ofBinaries = (need: Need) => need.includes("binaries") || need === "old system";
  const needs = (Object.keys(CHECKS) as Need[]).filter((need) => BINARIES !== undefined || !ofBinaries(need));
  return [...new Set(needs.map((need) => whyNot([need])).filter((reason) => reason !== undefined))];
}

/**
 * Says why tests with some needs cannot run here.
 *
 * @param needs What they need.
 * @returns The reason, or `undefined` if they can.
 */
export function whyNot(needs: readonly Need[]): string | undefined {
  for (const need of needs) {
    if (!reasons.has(need)) reasons.set(need, CHECKS[need]());
    const reason = reasons.get(need);
    if (reason !== undefined) return reason;
  }
  return undefined;
}

/**
 * Wraps a command so that it runs without root's privileges over files and ports. Needs `unprivileged`.
 *
 * @param command The command with its arguments.
 */
export function unprivileged(command: readonly string[]): readonly string[] {
  return isRoot() ? [...DROP_PRIVILEGES, ...command] : command;
}

/**
 * Wraps a command so that it runs in its own terminal. What it writes there comes out on standard output. Needs
 * `terminal`.
 *
 * @param command The command with its arguments.
 */
export function inTerminal(command: readonly string[]): readonly string[] {
  const quoted = command.map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(" ");
  return ["script", "-qefc", `exec ${quoted}`, "/dev/null"];
}

function isRoot(): boolean {
  const { stdout } = new Deno.Command("id", { args: ["-u"] }).outputSync();
  return new TextDecoder().decode(stdout).trim() === "0";
}

const reasons = new Map<Need, string | undefined>();

const NO_FILES = "no permission for files";

/** The commands that {@linkcode PrivateNetwork} and its tests need. */
const PRIVATE_NETWORK_CHECK = [
  "ip link set lo up",
  "ip link add wire type veth peer name end",
  "mount --bind /etc/hosts /etc/hosts",
  "mount --bind /etc/resolv.conf /etc/resolv.conf",
  "nsenter --version",
].join(" && ");

const CHECKS: Readonly<Record<Need, () => string | undefined>> = {
  "ffi": () => isGranted({ name: "ffi" }) ? undefined : "no permission for FFI",
  "queue thread": () =>
    CHECKS.ffi() ?? (isGranted({ name: "read", path: new URL("lib", ROOT) }) ? undefined : NO_FILES),
  "programs": () =>
    mayRun(BINARIES === undefined ? Deno.execPath() : `${BINARIES}spqueue`) ??
      (isGranted({ name: "env" }) ? undefined : "no permission to read the environment"),
  "binaries": () => BINARIES === undefined ? "SPQ_TEST_BINARIES is not set" : CHECKS.programs(),
  "arm64 binaries": () =>
    ARM64_BINARIES === undefined
      ? "SPQ_TEST_BINARIES_ARM64 is not set"
      : whyItFails(ARM64_EMULATOR[0]!, ["--version"], "no qemu-aarch64"),
  "old system": () => OLD_SYSTEM === undefined ? "SPQ_TEST_OLD_SYSTEM is not set" : undefined,
  "own process": () => undefined,
  "long run": () => IS_LONG ? undefined : "tests that take long (SPQ_TEST_LONG is not 1)",
  "files": () => isGranted({ name: "write" }) && isGranted({ name: "read" }) ? undefined : NO_FILES,
  "network": () => isGranted({ name: "net" }) ? undefined : "no permission for the network",
  "prometheus": () =>
    whyItFails("prometheus", ["--version"], "no prometheus") ?? whyItFails("promtool", ["--version"], "no promtool"),
  "ipv6": () => {
    const denied = CHECKS.network();
    if (denied !== undefined) return denied;
    try {
      Deno.listen({ hostname: "::1", port: 0 }).close();
      return undefined;
    } catch (error) {
      return `no IPv6: ${(error as Error).message}`;
    }
  },
  "shell": () => mayRun("sh"),
  "ulimit": () => whyItFails("sh", ["-c", "ulimit -n 100"], "no shell that limits descriptors"),
  "proc": () => whyItFails("cat", [`/proc/${Deno.pid}/status`], "no /proc"),
  "bash": () => whyItFails("bash", ["--version"], "no bash"),
  "zsh": () => whyItFails("zsh", ["--version"], "no zsh"),
  "fish": () => whyItFails("fish", ["--version"], "no fish"),
  "openssl": () => whyItFails("openssl", ["version"], "no openssl"),
  "nats": () => whyItFails("nats-server", ["--version"], "no nats-server"),
  "mandoc": () => whyItFails("mandoc", ["/dev/null"], "no mandoc"),
  "kubernetes schemas": () =>
    whyItFails(
      PYTHON,
      ["-c", "import kubernetes_validate"],
      "no kubernetes-validate (pip install kubernetes-validate)",
    ) ?? whyItFails("kubectl", ["kustomize", "--help"], "no kubectl"),
  "keda schemas": () =>
    whyItFails(
      "env",
      ["GOPROXY=off", "go", "mod", "download", KEDA_MODULE],
      `no schemas of KEDA (go mod download ${KEDA_MODULE})`,
    ),
  "nginx": () => whyItFails("nginx", ["-v"], "no nginx"),
  "docker-compose": () => whyItFails("docker-compose", ["version"], "no docker-compose"),
  "python": () => whyItFails(PYTHON, ["-c", ""], "no Python"),
  "ruby": () => whyItFails("ruby", ["--version"], "no Ruby"),
  "pyzmq": () => whyItFails(PYTHON, ["-c", "import zmq"], "no pyzmq (pip install pyzmq)"),
  "node zeromq": () =>
    whyItFails(
      NODE,
      [new URL("tests/peers/node/check.mjs", ROOT).pathname],
      "no zeromq for Node (npm ci --prefix tests/peers)",
    ),
  "jeromq": () =>
    whyItFails("javac", ["-version"], "no JDK") ??
      whyItFails(
        "javap",
        ["-cp", JEROMQ_CLASS_PATH.replace("*", "jeromq-0.6.0.jar"), "org.zeromq.ZConfig"],
        "no JeroMQ (mvn -B -q -f tests/peers/java dependency:copy-dependencies)",
      ),
  "unprivileged": () =>
    mayRun("id") ??
      (isRoot() ? whyItFails(DROP_PRIVILEGES[0]!, [...DROP_PRIVILEGES.slice(1), "true"], "no setpriv") : undefined),
  "privileged ports": () =>
    whyItFails(
      "sh",
      ["-c", "test $(cat /proc/sys/net/ipv4/ip_unprivileged_port_start) -gt 1"],
      "every port is allowed",
    ),
  "system libzmq": () => {
    const denied = CHECKS.ffi();
    if (denied !== undefined) return denied;
    try {
      Deno.dlopen(SYSTEM_LIBZMQ, {}).close();
      return undefined;
    } catch {
      return `no ${SYSTEM_LIBZMQ}`;
    }
  },
  "gcc": () => whyItFails("gcc", ["--version"], "no gcc"),
  "namespaces": () => whyItFails("unshare", ["-m", "mount", "-o", "remount,bind,ro", "/"], "no mount namespaces"),
  "process namespaces": () =>
    whyItFails("unshare", ["--pid", "--fork", "--mount-proc", "true"], "no process namespaces"),
  "full device": () => whyItFails("sh", ["-c", "test -c /dev/full"], "no /dev/full"),
  "process groups": () => whyItFails("setsid", ["true"], "no setsid(1)"),
  "tmux": () => whyItFails("tmux", ["-V"], "no tmux"),
  "terminal": () => whyItFails("script", ["-qec", "true", "/dev/null"], "no script(1) for a terminal"),
  "private networks": () =>
    whyItFails(
      "unshare",
      ["--net", "--mount", "sh", "-c", PRIVATE_NETWORK_CHECK],
      "may make no private network",
    ),
  "chromium": () => whyItFails(CHROMIUM, ["--version"], "no chromium"),
  "network namespaces": () => {
    // Other test files may try the same at the same time.
    const name = `spq-check-${crypto.randomUUID().slice(0, 6)}`;
    return whyItFails("ip", ["netns", "add", name], "may make no network namespace") ??
      whyItFails("ip", ["netns", "delete", name], "may delete no network namespace");
  },
};

function isGranted(descriptor: Deno.PermissionDescriptor): boolean {
  return Deno.permissions.querySync(descriptor).state === "granted";
}

function mayRun(command: string): string | undefined {
  return isGranted({ name: "run", command }) ? undefined : "no permission to run programs";
}

/** Tries a command. Returns the reason if it is missing or fails, and another one if programs may not be run. */
function whyItFails(command: string, args: string[], reason: string): string | undefined {
  const denied = mayRun(command);
  if (denied !== undefined) return denied;
  try {
    const { success } = new Deno.Command(command, { args, stdout: "null", stderr: "null" }).outputSync();
    return success ? undefined : reason;
  } catch {
    return reason;
  }
}

/** Reads a variable that names a folder, relative to the repository's. The result ends with a slash. */
function folderFrom(variable: string): string | undefined {
  const value = valueOf(variable);
  return value ? decodeURIComponent(new URL(`${value}/`, ROOT).pathname).replace(/\/+$/, "/") : undefined;
}

/** Reads a variable that holds a time in milliseconds. */
function millisecondsFrom(variable: string, defaultMs: number): number {
  const ms = Number(valueOf(variable) || defaultMs);
  if (ms >= 0) return ms;
  throw new RangeError(`Cannot use ${variable} "${valueOf(variable)}": it must be 0 or more milliseconds`);
}

function valueOf(variable: string): string | undefined {
  return isGranted({ name: "env", variable }) ? Deno.env.get(variable) : undefined;
}
