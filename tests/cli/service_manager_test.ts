import { assertEquals } from "@std/assert";
import { openServiceManager, ServiceManager, takeServiceManager } from "../../lib/cli/service_manager.ts";
import { Folder } from "../harness/folder.ts";
import { abstractName, NotifySocket } from "../harness/notify_socket.ts";
import { RecordingLog } from "../harness/recording_log.ts";
import { scenario } from "../harness/scenario.ts";

const NEEDS = ["ffi", "files"] as const;

scenario("ServiceManager sends one datagram for each state, to a path and to an abstract address", NEEDS, async () => {
  using folder = new Folder();
  for (const path of [folder.file("notify"), abstractName()]) {
    using socket = new NotifySocket(path);
    const manager = new ServiceManager(path);
    assertEquals(manager.notify({ ready: true, status: "Serves" }), true);
    assertEquals(manager.notify({ watchdog: true }), true);
    assertEquals((await socket.receive(0))?.text, "READY=1\nSTATUS=Serves");
    assertEquals((await socket.receive(0))?.text, "WATCHDOG=1");
    assertEquals(await socket.receive(0), undefined);
  }
});

scenario("ServiceManager does not wait for a manager that does not read its watchdog", NEEDS, () => {
  using socket = new NotifySocket(abstractName());
  const manager = new ServiceManager(socket.path);
  let sent = 0;
  while (manager.notify({ watchdog: true })) sent++;
  assertEquals(sent > 0, true);
  return Promise.resolve();
});

scenario("openServiceManager() logs once that the manager cannot be reached", NEEDS, () => {
  using folder = new Folder();
  for (const path of [folder.file("nobody"), "vsock:2:1234", "relative", "@", `/${"x".repeat(200)}`]) {
    const log = new RecordingLog();
    const notify = openServiceManager({ socket: path, watchdogMs: undefined }, log);
    notify({ ready: true });
    notify({ status: "Serves" });
    assertEquals(log.entries.map(({ level, event }) => [level, event]), [["warning", "service manager not reached"]]);
  }
  return Promise.resolve();
});

scenario("openServiceManager() does nothing without a manager", NEEDS, () => {
  const log = new RecordingLog();
  openServiceManager(undefined, log)({ ready: true });
  assertEquals(log.entries, []);
  return Promise.resolve();
});

Deno.test("takeServiceManager() removes the manager's variables from the environment", () => {
  const env = new Map([
    ["NOTIFY_SOCKET", "/run/notify"],
    ["WATCHDOG_USEC", "2000000"],
    ["WATCHDOG_PID", String(Deno.pid)],
    ["PATH", "/usr/bin"],
  ]);
  const facts = takeServiceManager({ get: (name) => env.get(name), delete: (name) => void env.delete(name) });
  assertEquals(facts, Deno.build.os === "linux" ? { socket: "/run/notify", watchdogMs: 1000 } : undefined);
  assertEquals([...env.keys()], ["PATH"]);
});
