import { assertEquals } from "@std/assert";
import { build } from "hdr-histogram-js";
import { formatReport, type LoadFigures, loadReport } from "../../lib/client/load_report.ts";

/** Figures of 1,000 requests in 2 s, with latencies of 1 to 1,000 ms. */
function thousandRequests(): LoadFigures {
  const latenciesUs = build({ numberOfSignificantValueDigits: 3, autoResize: true });
  for (let ms = 1; ms <= 1000; ms++) latenciesUs.recordValue(ms * 1000);
  return { durationMs: 2000, answered: 1000, failed: 3, retries: 12, notSent: 0, latenciesUs };
}

Deno.test("loadReport() gives requests per second and percentiles to three digits", () => {
  const { p50Us, p90Us, p99Us, p999Us, ...exact } = loadReport(thousandRequests());
  assertEquals(exact, {
    requests: 1003,
    durationMs: 2000,
    requestsPerSecond: 500,
    maxUs: 1_000_000,
    retries: 12,
    failed: 3,
    notSent: 0,
  });
  const digits = [p50Us, p90Us, p99Us, p999Us].map((us) => Number(us!.toPrecision(3)));
  assertEquals(digits, [500_000, 900_000, 990_000, 999_000].map((us) => Number(us.toPrecision(3))));
});

Deno.test("loadReport() gives no percentile above the maximum", () => {
  const latenciesUs = build({ numberOfSignificantValueDigits: 3, autoResize: true });
  latenciesUs.recordValue(1_234_567);
  const { p50Us, p999Us, maxUs } = loadReport({ ...thousandRequests(), answered: 1, latenciesUs });
  assertEquals([p50Us, p999Us, maxUs], [1_234_567, 1_234_567, 1_234_567]);
});

Deno.test("loadReport() has no latencies when nothing was answered", () => {
  const latenciesUs = build({ numberOfSignificantValueDigits: 3, autoResize: true });
  const report = loadReport({ durationMs: 0, answered: 0, failed: 0, retries: 0, notSent: 0, latenciesUs });
  assertEquals([report.requestsPerSecond, report.p50Us, report.maxUs], [0, null, null]);
  assertEquals(formatReport(report).split("\n")[2], "latency p50    -");
});

Deno.test("formatReport() writes a table", () => {
  assertEquals(
    formatReport({
      requests: 1003,
      durationMs: 2000,
      requestsPerSecond: 500,
      p50Us: 500_000,
      p90Us: 900_000,
      p99Us: 990_000,
      p999Us: 999_000,
      maxUs: 1_000_000,
      retries: 12,
      failed: 3,
      notSent: 7,
    }),
    `\
requests       1003 in 2.00 s
requests/s     500.0
latency p50    500.000 ms
latency p90    900.000 ms
latency p99    990.000 ms
latency p99.9  999.000 ms
latency max    1000.000 ms
retries        12
failures       3
due, not sent  7
`,
  );
});
