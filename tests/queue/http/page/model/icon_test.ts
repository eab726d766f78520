import { assertEquals, assertMatch } from "@std/assert";
import { SIGNS, type Tone } from "../../../../../lib/queue/http/page/model/first_glance.ts";
import { iconOf } from "../../../../../lib/queue/http/page/model/icon.ts";

Deno.test("iconOf() draws a different picture for each tone, which loads nothing", () => {
  const icons = (Object.keys(SIGNS) as Tone[]).map(iconOf);
  assertEquals(new Set(icons).size, icons.length);
  for (const icon of icons) assertMatch(icon, /^data:image\/svg\+xml,%3Csvg[\w%.!~*'()-]*%3C%2Fsvg%3E$/);
});
