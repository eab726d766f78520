import { assertEquals } from "@std/assert";
import { EventStream } from "../../../lib/queue/http/event_stream.ts";
import type { HttpResponse } from "../../../lib/http/request.ts";
import type { HttpAccess } from "../../../lib/http/guard.ts";
import { type HttpContent, makeHandler } from "../../../lib/queue/http/routes.ts";

const TOKEN = "0123456789abcdef";
const OPEN: HttpAccess = { token: undefined, hosts: ["queue.example"] };
const CONTENT: HttpContent = {
  page: { status: 200, type: "text/html", body: "page" },
  status: () => '{"state":"serving"}',
  history: () => "{}",
  metrics: () => Promise.resolve({ type: "text/plain", body: "metrics" }),
  events: new EventStream(),
  deadReason: () => undefined,
  unreadyReason: () => "the queue drains",
  actions: { "/pause": (body) => Promise.resolve(JSON.stringify(body)) },
};

interface Asked {
  readonly access?: HttpAccess;
  readonly content?: Partial<HttpContent>;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly isUnix?: boolean;
  readonly body?: string;
}

async function ask(path: string, asked: Asked = {}): Promise<HttpResponse> {
  const { access = OPEN, content = {}, method = "GET", headers = { host: "localhost" }, isUnix = false } = asked;
  const handler = makeHandler({ ...CONTENT, ...content }, access);
  const request = {
    method,
    path,
    headers: new Map(Object.entries(headers)),
    body: new TextEncoder().encode(asked.body ?? ""),
  };
  const response = await handler(request, { address: "10.0.0.1", isUnix });
  if ("stream" in response) return { status: 200, type: "stream", body: "" };
  return response;
}

async function statusesOf(paths: readonly string[], asked: Asked): Promise<number[]> {
  return await Promise.all(paths.map(async (path) => (await ask(path, asked)).status));
}

const PATHS = ["/status.json", "/history.json", "/metrics", "/events"];

Deno.test("makeHandler() serves status, history, metrics and events", async () => {
  assertEquals(await statusesOf(PATHS, {}), [200, 200, 200, 200]);
  assertEquals((await ask("/status.json")).body, '{"state":"serving"}');
  assertEquals((await ask("/events")).type, "stream");
  assertEquals((await ask("/events", { method: "HEAD" })).type, "text/event-stream");
});

Deno.test("makeHandler() refuses a foreign Host when no token is required", async () => {
  const foreign = { headers: { host: "evil.example" } };
  assertEquals(await statusesOf([...PATHS, "/pause", "/nothing"], foreign), [421, 421, 421, 421, 421, 421]);
  assertEquals(await statusesOf(PATHS, { headers: {} }), [421, 421, 421, 421]);
  assertEquals((await ask("/metrics", { headers: { host: "queue.example:5557" } })).status, 200);
  assertEquals((await ask("/metrics", { ...foreign, isUnix: true })).status, 200);
});

Deno.test("makeHandler() requires the token on TCP, with any Host, but not on unix sockets", async () => {
  const access = { token: TOKEN, hosts: [] };
  const host = "evil.example";
  const wrong = { access, headers: { host, authorization: "Bearer 0123456789abcdeX" } };
  assertEquals(await statusesOf([...PATHS, "/pause", "/nothing"], wrong), [401, 401, 401, 401, 401, 401]);
  assertEquals((await ask("/metrics", { access, headers: { host, authorization: `Bearer ${TOKEN}` } })).status, 200);
  assertEquals((await ask("/metrics", { access, isUnix: true })).status, 200);
});

Deno.test("makeHandler() serves the page without the token, which it asks for, and takes it from the page's cookie", async () => {
  const access = { token: TOKEN, hosts: [] };
  assertEquals((await ask("/", { access, headers: {} })).body, "page");
  assertEquals(await statusesOf(["/"], { headers: { host: "evil.example" } }), [421]);
  assertEquals(await statusesOf(["/"], { method: "POST" }), [405]);
  const cookie = (value: string) => ({ access, headers: { cookie: `a=b; spq-token-5557=${value}` } });
  assertEquals(await statusesOf(PATHS, cookie(TOKEN)), [200, 200, 200, 200]);
  assertEquals(await statusesOf([...PATHS, "/pause"], cookie("0123456789abcdeX")), [401, 401, 401, 401, 401]);
  assertEquals(await statusesOf(["/status.json"], { access, headers: { cookie: `other=${TOKEN}` } }), [401]);
});

Deno.test("makeHandler() gives the page its token as a cookie, and nobody who does not have it", async () => {
  const access = { token: TOKEN, hosts: [] };
  const page = { access, method: "POST", headers: { host: "evil.example", "x-spq-action": "1" } };
  const body = (token: string) => JSON.stringify({ token, folder: "/queue/", port: "5557", isSecure: false });
  const kept = await ask("/token", { ...page, body: body(TOKEN) });
  assertEquals(kept.status, 200);
  assertEquals(
    kept.headers?.["Set-Cookie"],
    `spq-token-5557=${TOKEN}; Path=/queue/; Max-Age=31536000; HttpOnly; SameSite=Strict`,
  );
  const wrong = await ask("/token", { ...page, body: body("0123456789abcdeX") });
  assertEquals([wrong.status, wrong.headers?.["Set-Cookie"]], [401, undefined]);
  assertEquals((await ask("/token", { ...page, headers: {}, body: body(TOKEN) })).status, 403);
  assertEquals((await ask("/token", { ...page, method: "GET" })).status, 405);
  assertEquals((await ask("/token", { ...page, access: OPEN, headers: { host: "localhost" } })).status, 405);
});

Deno.test("makeHandler() tells anybody whether the queue is alive and ready", async () => {
  for (const access of [OPEN, { token: TOKEN, hosts: [] }]) {
    const anybody = { access, headers: { host: "evil.example" } };
    assertEquals(await statusesOf(["/alive", "/ready"], anybody), [200, 503]);
    assertEquals((await ask("/ready", anybody)).body, "the queue drains\n");
  }
  assertEquals((await ask("/alive", { content: { deadReason: () => "no turn for 12 s" } })).status, 503);
});

Deno.test("makeHandler() obeys only a POST with the header that no form can send", async () => {
  const headers = { host: "localhost", "x-spq-action": "1" };
  const post = { method: "POST", headers, body: '{"reason":"a"}' };
  assertEquals((await ask("/pause", post)).body, '{"done":"{\\"reason\\":\\"a\\"}"}');
  assertEquals((await ask("/pause", { ...post, headers: { host: "localhost" } })).status, 403);
  assertEquals((await ask("/pause", { headers })).status, 405);
  assertEquals((await ask("/pause", { ...post, body: "not JSON" })).status, 400);
  assertEquals((await ask("/pause", { ...post, content: { actions: undefined } })).status, 403);
});

Deno.test("makeHandler() knows no other paths and no other methods", async () => {
  const paths = ["/index.html", "/../etc/passwd", "/status.json/", "/constructor", "/__proto__", "//status.json", "*"];
  assertEquals(await statusesOf(paths, {}), paths.map(() => 404));
  assertEquals(await statusesOf(PATHS, { method: "DELETE" }), [405, 405, 405, 405]);
  assertEquals((await ask("/status.json", { content: { status: () => undefined } })).status, 503);
});
