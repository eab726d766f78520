import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { shareOut } from "../../../lib/queue/link/shares.ts";

Deno.test("shareOut() gives to those who have least, and nobody more than wanted", () => {
  const share = (idle: number, ...borrowers: [number, number][]) =>
    shareOut(idle, borrowers.map(([running, wanted]) => ({ running, wanted })));
  assertEquals(share(4, [0, 9], [0, 9]), [2, 2]);
  assertEquals(share(3, [0, 9], [0, 9]), [2, 1]);
  assertEquals(share(4, [3, 9], [0, 9]), [1, 3]);
  assertEquals(share(4, [0, 1], [0, 9]), [1, 3]);
  assertEquals(share(9, [0, 1], [0, 2]), [1, 2]);
  assertEquals(share(0, [0, 1]), [0]);
});

Deno.test("shareOut() gives all that is wanted, as evenly as it can", () => {
  const borrower = fc.record({ running: fc.nat(9), wanted: fc.nat(9) });
  fc.assert(fc.property(fc.nat(40), fc.array(borrower, { maxLength: 6 }), (idle, borrowers) => {
    const shares = shareOut(idle, borrowers);
    const wanted = borrowers.reduce((sum, { wanted }) => sum + wanted, 0);
    assertEquals(shares.reduce((sum, share) => sum + share, 0), Math.min(idle, wanted));
    for (const [one, { running, wanted }] of borrowers.entries()) {
      assertEquals(shares[one]! <= wanted, true);
      for (const [other, { running: others }] of borrowers.entries()) {
        // Whoever wants more has at most one less than any that was given something.
        const isUneven = shares[one]! < wanted && shares[other]! > 0 &&
          others + shares[other]! > running + shares[one]! + 1;
        assertEquals(isUneven, false, `${one} and ${other} of ${shares}`);
      }
    }
  }));
});
