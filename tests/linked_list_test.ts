import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { LinkedList } from "../lib/linked_list.ts";

interface Item {
  readonly name: number;
  list: object | null;
  previous: Item | null;
  next: Item | null;
}

function makeItems(count: number): Item[] {
  return Array.from({ length: count }, (_, name) => ({ name, list: null, previous: null, next: null }));
}

Deno.test("LinkedList throws when an added item is already in a list", () => {
  const [item] = makeItems(1) as [Item];
  const list = new LinkedList<Item>();
  list.append(item);
  assertThrows(() => list.append(item), Error, "it is already in one");
  assertThrows(() => new LinkedList<Item>().insertAfter(null, item), Error, "it is already in one");
  assertEquals(list.size, 1);
});

Deno.test("LinkedList.remove() throws when the item is not in that list", () => {
  const [a, b] = makeItems(2) as [Item, Item];
  const list = new LinkedList<Item>();
  list.append(a);
  assertThrows(() => list.remove(b), Error, "not in");
  assertThrows(() => new LinkedList<Item>().remove(a), Error, "not in");
  assertEquals([list.size, list.first], [1, a]);
});

Deno.test("LinkedList leaves no link behind when an item is removed", () => {
  const [a, b, c] = makeItems(3) as [Item, Item, Item];
  const list = new LinkedList<Item>();
  for (const item of [a, b, c]) list.append(item);
  list.remove(b);
  assertEquals([b.list, b.previous, b.next], [null, null, null]);
  assertEquals(list.take(), a);
  assertEquals(list.take(), c);
  assertEquals([list.take(), list.first, list.last, list.size], [null, null, null, 0]);
});

Deno.test("LinkedList continues with the next item when the current one is removed", () => {
  const list = new LinkedList<Item>();
  for (const item of makeItems(5)) list.append(item);
  const seen: number[] = [];
  for (const item of list) {
    seen.push(item.name);
    if (item.name % 2 === 0) list.remove(item);
  }
  assertEquals(seen, [0, 1, 2, 3, 4]);
  assertEquals(Array.from(list, ({ name }) => name), [1, 3]);
});

Deno.test("LinkedList does what a plain array does when items come and go at random", () => {
  const step = fc.record({
    does: fc.constantFrom("append", "insert first", "insert after", "remove", "take"),
    item: fc.nat(7),
    place: fc.nat(7),
  });
  fc.assert(fc.property(fc.array(step, { maxLength: 100 }), (steps) => {
    const items = makeItems(8);
    const list = new LinkedList<Item>();
    const model: Item[] = [];
    for (const step of steps) {
      const item = items[step.item]!;
      const index = model.indexOf(item);
      if (step.does === "take") {
        assertEquals(list.take()?.name, model.shift()?.name);
      } else if (step.does === "remove") {
        if (index < 0) continue;
        list.remove(item);
        model.splice(index, 1);
      } else if (index >= 0) {
        continue;
      } else if (step.does === "append") {
        list.append(item);
        model.push(item);
      } else {
        const place = step.does === "insert first" ? 0 : 1 + model.indexOf(items[step.place]!);
        list.insertAfter(place === 0 ? null : model[place - 1]!, item);
        model.splice(place, 0, item);
      }
      assertEquals([list.size, list.first?.name, list.last?.name], [
        model.length,
        model[0]?.name,
        model.at(-1)?.name,
      ]);
      assertEquals(Array.from(list, ({ name }) => name), model.map(({ name }) => name));
      model.forEach((item, i) => {
        assertEquals([item.previous?.name, item.next?.name], [model[i - 1]?.name, model[i + 1]?.name]);
      });
    }
  }));
});
