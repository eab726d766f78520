import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { ConnectionHeap, type HeapItem } from "../../../lib/queue/broker/connection_heap.ts";

interface Item extends HeapItem {
  readonly name: number;
}

function makeItems(keys: readonly number[]): Item[] {
  return keys.map((heapKey, name) => ({ name, heapKey, heapPositions: [-1, -1] }));
}

function takeAll(heap: ConnectionHeap<Item>): number[] {
  const keys: number[] = [];
  for (let item = heap.first; item !== undefined; item = heap.first) {
    keys.push(item.heapKey);
    heap.remove(item);
  }
  return keys;
}

Deno.test("ConnectionHeap returns the smallest or the largest key first, as told", () => {
  const items = makeItems([5, 1, 4, 2, 3]);
  const smallest = new ConnectionHeap<Item>("smallest", 0);
  const largest = new ConnectionHeap<Item>("largest", 1);
  for (const item of items) {
    smallest.add(item);
    largest.add(item);
  }
  assertEquals([smallest.size, largest.size], [5, 5]);
  assertEquals(takeAll(smallest), [1, 2, 3, 4, 5]);
  assertEquals(takeAll(largest), [5, 4, 3, 2, 1]);
  assertEquals([smallest.first, smallest.size], [undefined, 0]);
});

Deno.test("ConnectionHeap.clear() forgets every item's position when it empties the heap", () => {
  const items = makeItems([2, 1]);
  const heap = new ConnectionHeap<Item>("largest", 1);
  for (const item of items) heap.add(item);
  heap.clear();
  assertEquals([heap.size, heap.first], [0, undefined]);
  assertEquals(items.map(({ heapPositions }) => heapPositions), [[-1, -1], [-1, -1]]);
});

Deno.test("ConnectionHeap does what a sorted array does when items come, go and change at random", () => {
  const step = fc.record({
    does: fc.constantFrom("add", "add", "remove", "update", "update", "clear"),
    item: fc.nat(30),
    key: fc.nat(40),
  });
  const first = fc.constantFrom("smallest", "largest");
  const slot = fc.constantFrom(0, 1);
  fc.assert(fc.property(first, slot, fc.array(step, { maxLength: 200, size: "max" }), (first, slot, steps) => {
    const items = makeItems(Array.from({ length: 31 }, () => 0));
    const heap = new ConnectionHeap<Item>(first, slot);
    const model = new Set<Item>();
    for (const step of steps) {
      const item = items[step.item]!;
      if (step.does === "clear") {
        // Rare, so that heaps become large.
        if (step.key > 2) continue;
        heap.clear();
        model.clear();
      } else if (step.does === "add") {
        if (model.has(item)) continue;
        item.heapKey = step.key;
        heap.add(item);
        model.add(item);
      } else if (!model.has(item)) {
        continue;
      } else if (step.does === "update") {
        item.heapKey = step.key;
        heap.update(item);
      } else {
        heap.remove(item);
        model.delete(item);
      }
      const keys = Array.from(model, ({ heapKey }) => heapKey);
      assertEquals(heap.size, model.size);
      assertEquals(heap.first?.heapKey, keys.sort((a, b) => first === "smallest" ? a - b : b - a)[0]);
      const positions = new Set(Array.from(heap, ({ heapPositions }) => heapPositions[slot]));
      assertEquals(positions.size, model.size);
      for (const other of items) {
        assertEquals(other.heapPositions[slot] >= 0, model.has(other));
        assertEquals(other.heapPositions[1 - slot], -1);
      }
    }
    const keys = Array.from(model, ({ heapKey }) => heapKey).sort((a, b) => first === "smallest" ? a - b : b - a);
    for (const limit of [0, 1, 7, 31]) {
      assertEquals(heap.firsts(limit).map(({ heapKey }) => heapKey), keys.slice(0, limit));
    }
    assertEquals(takeAll(heap), keys);
  }));
});
