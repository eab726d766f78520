import { assertEquals, assertStringIncludes } from "@std/assert";
import { hasTokenCookie } from "../../../lib/http/token.ts";
import { tokenResponse } from "../../../lib/queue/http/token_cookie.ts";

const TOKEN = "a;b,c=d%0123456789";
const PLACE = { folder: "/", port: "5557", isSecure: false };

function respond(body: unknown) {
  return tokenResponse(new TextEncoder().encode(typeof body === "string" ? body : JSON.stringify(body)), TOKEN);
}

Deno.test("tokenResponse() sets a cookie that later counts as the token, restricted to HTTPS if the page came over HTTPS", () => {
  const { status, headers } = respond({ token: TOKEN, ...PLACE, port: "", isSecure: true });
  const cookie = headers!["Set-Cookie"]!;
  assertEquals([status, hasTokenCookie(cookie.split(";")[0], TOKEN)], [200, true]);
  assertStringIncludes(cookie, "spq-token-default=");
  assertStringIncludes(cookie, "; Path=/; Max-Age=31536000; HttpOnly; SameSite=Strict; Secure");
});

Deno.test("tokenResponse() refuses a wrong token, and anything that could set another cookie", () => {
  assertEquals(respond({ token: `${TOKEN}0`, ...PLACE }).status, 401);
  for (const folder of ["", "queue/", "/queue", "/a; Domain=example/", "/a\r\nX: 1/", "/a b/"]) {
    assertEquals(respond({ token: TOKEN, ...PLACE, folder }).status, 400, folder);
  }
  for (const body of ["", "[]", "null", "{}", { token: TOKEN }, { token: TOKEN, ...PLACE, port: "80; a" }]) {
    assertEquals(respond(body).status, 400);
  }
  assertEquals(respond({ token: 1, ...PLACE }).status, 400);
});
