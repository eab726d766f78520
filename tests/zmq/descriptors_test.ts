import { assertEquals, assertThrows } from "@std/assert";
import { Context } from "../../lib/zmq/context.ts";
import {
  countByLooking,
  countFreeDescriptors,
  countOpenDescriptors,
  descriptorLimit,
  descriptorTableSize,
  raiseDescriptorLimit,
} from "../../lib/zmq/descriptors.ts";
import { ZmqError } from "../../lib/zmq/error.ts";
import { loadLibrary } from "../../lib/zmq/library.ts";
import type { Symbols } from "../../lib/zmq/symbols.ts";
import { scenario } from "../harness/scenario.ts";

/** The C library, with other limits. */
function withLimits(symbols: Symbols, limits: BigUint64Array<ArrayBuffer>): Symbols {
  return {
    ...symbols,
    getrlimit: (_resource: number, result: BigUint64Array<ArrayBuffer>) => {
      result.set(limits);
      return 0;
    },
    setrlimit: (_resource: number, wanted: BigUint64Array<ArrayBuffer>) => {
      limits.set(wanted);
      return 0;
    },
  } as Symbols;
}

/** Opens fifty descriptors. */
function openFifty({ socket, close }: Symbols): Disposable {
  const opened = Array.from({ length: 50 }, () => socket(1, 1, 0));
  return { [Symbol.dispose]: () => opened.forEach((fd) => close(fd)) };
}

scenario("countOpenDescriptors() counts one more for each that is opened, in both ways", [
  "ffi",
  "files",
  "own process",
], async () => {
  const { symbols } = await loadLibrary();
  const limited = withLimits(symbols, new BigUint64Array([3000n, 3000n]));
  // Not every Linux lists them.
  const unlisted = { ...limited, syscall_statx: () => 0 } as unknown as Symbols;
  for (const counted of [limited, unlisted]) {
    const before = countOpenDescriptors(counted);
    using _ = openFifty(symbols);
    assertEquals(countOpenDescriptors(counted), before + 50);
  }
});

scenario("countOpenDescriptors() does not check beyond the existing descriptors, however high the limit is", [
  "ffi",
  "files",
  "own process",
], async () => {
  const { symbols } = await loadLibrary();
  let looks = 0;
  const unlisted = {
    ...withLimits(symbols, new BigUint64Array([1_073_741_816n, 1_073_741_816n])),
    syscall_statx: () => 0,
    poll: (entries: Int32Array<ArrayBuffer>, count: bigint, timeout: number) => {
      if (++looks > 1000) throw new Error("It looks for more than a million");
      return symbols.poll(entries, count, timeout);
    },
  } as unknown as Symbols;
  const before = countOpenDescriptors(unlisted);
  const file = symbols.socket(1, 1, 0);
  assertEquals(countOpenDescriptors(unlisted), before + 1);
  symbols.close(file);
});

Deno.test("descriptorTableSize() finds the size among others", () => {
  assertEquals(descriptorTableSize("Name:\tspqueue\nNgid:\t0\nFDSize:\t256\nGroups:\t0 \n"), 256);
  assertEquals(descriptorTableSize("Name:\tspqueue\n"), undefined);
  assertEquals(descriptorTableSize(""), undefined);
});

scenario("countFreeDescriptors() counts one less for each that is opened, in both ways", [
  "ffi",
  "files",
  "own process",
], async () => {
  const { symbols } = await loadLibrary();
  const limited = withLimits(symbols, new BigUint64Array([3000n, 3000n]));
  for (const count of [countFreeDescriptors, countByLooking]) {
    const before = count(limited, Infinity);
    {
      using _ = openFifty(symbols);
      assertEquals(count(limited, Infinity), before - 50);
    }
    assertEquals(count(limited, Infinity), before);
  }
  assertEquals(countByLooking(limited, Infinity), countFreeDescriptors(limited, Infinity));
});

scenario("raiseDescriptorLimit() raises the soft limit to the hard one, and never lowers it", ["ffi"], async () => {
  const { symbols } = await loadLibrary();
  for (
    const [soft, hard, raised] of [[1024n, 4096n, 4096], [4096n, 4096n, 4096], [
      1024n,
      2n ** 64n - 1n,
      2 ** 31 - 1,
    ]] as const
  ) {
    if (Deno.build.os === "darwin" && raised > 10_240) continue;
    const limits = new BigUint64Array([soft, hard]);
    const limited = withLimits(symbols, limits);
    assertEquals([raiseDescriptorLimit(limited), descriptorLimit(limited)], [raised, raised]);
    assertEquals(limits[1], hard);
  }
});

scenario(
  "Context.open() throws EMFILE when too few descriptors are left for its first socket",
  ["ffi", "own process"],
  async () => {
    const library = await loadLibrary();
    const open = descriptorLimit(library.symbols) - countFreeDescriptors(library.symbols, Infinity);
    const limits = new BigUint64Array([BigInt(open + 15), BigInt(open + 15)]);
    const error = assertThrows(
      () => Context.open({ ...library, symbols: withLimits(library.symbols, limits) }),
      ZmqError,
      "Cannot make a libzmq context: too many open files; raise the limit (ulimit -n) (EMFILE)",
    );
    assertEquals(error.code, "EMFILE");
  },
);
