import { assertEquals } from "@std/assert";
import { idleClients } from "../../../bench/parts/idle_clients.ts";

Deno.test("idleClients compares the cost of the clients after the first thousand", () => {
  const sampleOf = (of: string, clients: string, resident: number) => {
    return { subject: "idle-clients", of, labels: { clients }, figures: { "resident, MiB": [resident] } };
  };
  const samples = [sampleOf("c", "1000", 20), sampleOf("c", "10000", 110), sampleOf("deno", "1000", 90)];
  assertEquals(idleClients.goals?.(samples), []);
  const goals = idleClients.goals?.([...samples, sampleOf("deno", "10000", 270)]) ?? [];
  assertEquals(goals.map(({ of, value, isMet }) => [of, value, isMet]), [["deno", 2, false]]);
});
