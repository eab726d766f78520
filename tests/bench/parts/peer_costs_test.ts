import { assertEquals } from "@std/assert";
import { peerCosts } from "../../../bench/parts/peer_costs.ts";

Deno.test("peerCosts compares our client with a pyzmq client that has as many requests at once", () => {
  const sampleOf = (of: string, atOnce: string, us: number[]) => {
    return { subject: "peer-costs", of, labels: { "at once": atOnce }, figures: { "CPU, us each": us } };
  };
  const goals = peerCosts.goals?.([
    sampleOf("client: pyzmq", "1", [50]),
    sampleOf("client: spclient --lines", "1", [40]),
    sampleOf("client: pyzmq", "32", [20]),
    sampleOf("client: spclient --lines", "32", [30]),
  ]) ?? [];
  assertEquals(goals.map(({ figure, value, isMet }) => [figure, value, isMet]), [
    ["client CPU with 1 at once / pyzmq", 0.8, true],
    ["client CPU with 32 at once / pyzmq", 1.5, false],
  ]);
});
