import { assertEquals } from "@std/assert";
import { flagOf, group, type OptionDescription, placeholderOf } from "../../lib/cli/program.ts";

Deno.test("flagOf() makes the flag from the property name", () => {
  assertEquals(["connect", "maxBacklogBytes", "logFormat"].map(flagOf), [
    "connect",
    "max-backlog-bytes",
    "log-format",
  ]);
});

Deno.test("group() adds the heading to each option", () => {
  const option = { kind: "switch", defaultValue: false, help: "Help." } as const;
  assertEquals(group("Heading", { one: option, two: option }), {
    one: { ...option, group: "Heading" },
    two: { ...option, group: "Heading" },
  });
});

Deno.test("placeholderOf() names the value after the option's kind, unless it has a name of its own", () => {
  const number = { min: 0, max: 1, defaultValue: 0, help: "" };
  const options: [OptionDescription, string | undefined][] = [
    [{ ...number, kind: "duration" }, "DURATION"],
    [{ ...number, kind: "size" }, "SIZE"],
    [{ ...number, kind: "integer" }, "N"],
    [{ ...number, kind: "integer", word: "auto" }, "N|auto"],
    [{ ...number, kind: "number", placeholder: "FRACTION" }, "FRACTION"],
    [{ kind: "choice", choices: ["a", "b"], defaultValue: "a", help: "" }, "a|b"],
    [{ kind: "choices", choices: ["a", "b"], defaultValue: ["a"], help: "" }, "NAME"],
    [{ kind: "endpoints", defaultValue: [], use: "bind", help: "" }, "ENDPOINT"],
    [{ kind: "text", defaultValue: "", help: "" }, "TEXT"],
    [{ kind: "switch", defaultValue: false, help: "" }, undefined],
  ];
  for (const [option, placeholder] of options) assertEquals(placeholderOf(option), placeholder);
});
