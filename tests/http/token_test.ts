import { assertEquals, assertRejects } from "@std/assert";
import { KeyFileError } from "../../lib/access/key_files.ts";
import { hasToken, hasTokenCookie, readToken } from "../../lib/http/token.ts";
import { Folder } from "../harness/folder.ts";
import { scenario } from "../harness/scenario.ts";

const TOKEN = "0123456789abcdef";

scenario("readToken() reads one line that others cannot read", ["files"], async () => {
  using folder = new Folder();
  const path = folder.file("token");
  await assertRejects(() => readToken(path), KeyFileError, `Cannot read token file "${path}"`);
  await Deno.writeTextFile(path, `${TOKEN}\n`, { mode: 0o640 });
  assertEquals(await readToken(path), TOKEN);
  for (const [mode, why] of [[0o644, "can read it (mode 0644)"], [0o660, "can write it (mode 0660)"]] as const) {
    await Deno.chmod(path, mode);
    await assertRejects(() => readToken(path), KeyFileError, `Cannot use token file "${path}": `);
    await assertRejects(() => readToken(path), KeyFileError, why);
  }
});

scenario("readToken() refuses a token that could be guessed, and one of several words", ["files"], async () => {
  using folder = new Folder();
  const path = folder.file("token");
  for (const text of ["", "short", `${TOKEN} ${TOKEN}`]) {
    await Deno.writeTextFile(path, text, { mode: 0o600 });
    await assertRejects(() => readToken(path), KeyFileError, "at least 16 characters");
  }
});

Deno.test("hasToken() is true for the token alone", () => {
  const headers = [`Bearer ${TOKEN}`, `bearer  ${TOKEN} `];
  const wrong = [undefined, "", "Bearer", `Bearer ${TOKEN}0`, `Bearer ${TOKEN.slice(1)}`, `Basic ${TOKEN}`, TOKEN];
  assertEquals(headers.map((header) => hasToken(header, TOKEN)), [true, true]);
  assertEquals(wrong.map((header) => hasToken(header, TOKEN)), wrong.map(() => false));
});

Deno.test("hasTokenCookie() takes the token from any of the page's cookies, as the page writes it", () => {
  const token = "a;b,c=d%0123456789";
  assertEquals(hasTokenCookie(`x=1; spq-token-1=no; spq-token-8443=${encodeURIComponent(token)}`, token), true);
  for (const cookies of [undefined, "", `spq=${token}`, "spq-token-1=%", "spq-token-1", `x-spq-token-1=${token}`]) {
    assertEquals(hasTokenCookie(cookies, token), false);
  }
});
