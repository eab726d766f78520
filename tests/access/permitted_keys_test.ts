import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { formatPermittedKey, parsePermittedKeys, parseRoles, PEER_ROLES } from "../../lib/access/permitted_keys.ts";

const ONE = "#q:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7";
const TWO = "Yne@$w-vo<fVvi]a<NY6T1ed:M$fCG*[IaLV{hID";

Deno.test("parsePermittedKeys() reads roles, keys and names, and skips comments and empty lines", () => {
  const text = `# workers\n\nworker ${ONE} thumb1\r\n  client,worker\t${TWO}  ops@site  \n`;
  assertEquals(parsePermittedKeys(text), [
    { roles: ["worker"], publicKey: ONE, name: "thumb1" },
    { roles: ["client", "worker"], publicKey: TWO, name: "ops@site" },
  ]);
});

Deno.test("parsePermittedKeys() names the line that is wrong", () => {
  const wrong: [string, string][] = [
    [`\nworker ${ONE}`, 'line 2 is not "ROLE PUBLIC-KEY NAME"'],
    [`worker ${ONE} a b`, 'line 1 is not "ROLE PUBLIC-KEY NAME"'],
    [`boss ${ONE} a`, "line 1: a role is"],
    [`worker ${ONE.slice(1)} a`, "line 1: a public key has 40 characters"],
    [`worker ${ONE} a\nclient ${ONE} b`, `line 2 repeats "${ONE}" of line 1`],
    [`worker ${ONE} a\nclient ${TWO} a`, 'line 2 repeats "a" of line 1'],
    [`worker ${ONE} -a`, "line 1: a name has"],
    [`worker ${ONE} ${"a".repeat(65)}`, "line 1: a name has"],
  ];
  for (const [text, message] of wrong) assertThrows(() => parsePermittedKeys(text), RangeError, message);
});

Deno.test("parseRoles() takes each role once", () => {
  assertEquals(parseRoles("worker,worker"), ["worker"]);
  assertThrows(() => parseRoles(""), RangeError);
});

Deno.test("parsePermittedKeys() reads what formatPermittedKey() writes", () => {
  const key = fc.string({ unit: fc.constantFrom(..."09azAZ.-:+=^!/*?&<>()[]{}@%$#"), minLength: 40, maxLength: 40 });
  const name = fc.stringMatching(/^[A-Za-z0-9][\w.@+-]{0,20}$/);
  const roles = fc.subarray([...PEER_ROLES], { minLength: 1 });
  fc.assert(fc.property(key, name, roles, (publicKey, name, roles) => {
    const permitted = { publicKey, name, roles };
    assertEquals(parsePermittedKeys(formatPermittedKey(permitted)), [permitted]);
  }));
});
