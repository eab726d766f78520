import { assertEquals } from "@std/assert";
import { DOCUMENTS, withFigures } from "../../../bench/report/documents.ts";
import { parseResults, PUBLISHED, type Row } from "../../../bench/report/results.ts";
import { ROOT } from "../../harness/capabilities.ts";
import { scenario } from "../../harness/scenario.ts";

const rowOf = (of: string, workers: string, pace: number): Row => {
  const figures = { "requests/s": { median: pace, min: 0, max: 9 }, "CPU, us": 12, "p50, us": 3 };
  return { subject: "fleet", of, labels: { workers }, figures };
};
const BEGIN = "# Title\n\n<!-- bench: fleet; CPU, us; requests/s -->\n\n";
const END = "\n\n<!-- bench: end -->\n\nMore.\n";

Deno.test("withFigures() writes the medians of the figures that a document names between its comments, repeatably", () => {
  const rows = [rowOf("1 queue", "16", 5), rowOf("2 queues", "16", 6), { ...rowOf("c", "1", 7), subject: "threads" }];
  const table = [
    "|          | workers | CPU, us | requests/s |",
    "| -------- | ------: | ------: | ---------: |",
    "| 1 queue  |      16 |    12.0 |       5.00 |",
    "| 2 queues |      16 |    12.0 |       6.00 |",
  ].join("\n");
  const filled = withFigures(`${BEGIN}old${END}`, rows);
  assertEquals(filled, `${BEGIN}${table}${END}`);
  assertEquals(withFigures(filled, rows), filled);
});

Deno.test("withFigures() puts several cases into one table, with only the queues that a document names", () => {
  const begin = "<!-- bench: fleet, threads of c, deno; CPU, us -->\n\n";
  const rowOf = (subject: string, of: string, us: number): Row => ({ subject, of, figures: { "CPU, us": us } });
  const rows = [rowOf("threads", "c", 1), rowOf("fleet", "c", 2), rowOf("fleet", "node", 3), rowOf("fleet", "deno", 4)];
  const table = [
    "|      |    case | CPU, us |",
    "| ---- | ------: | ------: |",
    "| c    |   fleet |    2.00 |",
    "| deno |   fleet |    4.00 |",
    "| c    | threads |    1.00 |",
  ].join("\n");
  assertEquals(withFigures(`${begin}old${END}`, rows), `${begin}${table}${END}`);
});

Deno.test("withFigures() leaves the text between two tables unchanged", () => {
  const between = "\n<!-- bench: end -->\n\nA sentence; and another.\n\n";
  const text = ["fleet", "starts"].map((name) => `<!-- bench: ${name}; ms -->\nold${between}`).join("");
  const empty = (name: string) => `Not measured yet: \`deno task bench --only ${name}\`.`;
  const filled = ["fleet", "starts"].map((name) => `<!-- bench: ${name}; ms -->\n\n${empty(name)}\n${between}`).join(
    "",
  );
  assertEquals(withFigures(text, []), filled);
});

Deno.test("withFigures() says what to do where nothing was measured", () => {
  assertEquals(
    withFigures(`${BEGIN}old${END}`, []),
    `${BEGIN}Not measured yet: \`deno task bench --only fleet\`.${END}`,
  );
});

scenario("the figures in documents are those of results.json", ["files"], async () => {
  const { rows } = parseResults(await Deno.readTextFile(PUBLISHED));
  for (const document of DOCUMENTS) {
    const text = await Deno.readTextFile(new URL(document, ROOT));
    assertEquals(withFigures(text, rows), text, `deno task bench:report renews ${document}`);
  }
});
