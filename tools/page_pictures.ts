/**
 * Takes pictures of the page of a queue under load (`deno task page:pictures`): at four widths, light and dark, into
 * dist/pictures/; or the picture for the documentation, into docs/page.png. Needs Debian's chromium.
 *
 * @module
 */

import { writeOutput } from "../lib/standard_output.ts";
import { openBrowser } from "../tests/harness/browser.ts";
import { type Role, taskFlags } from "./task_flags.ts";

const ROOT = new URL("../", import.meta.url);
const SIZES = [[320, 640], [390, 844], [1280, 900], [3840, 2160]] as const;
const SCHEMES = ["light", "dark"] as const;
const WARM_UP_MS = Number(Deno.args[1] ?? 45) * 1000;
const forDocuments = Deno.args[0] === "docs";

const children: Deno.ChildProcess[] = [];

function start(role: Role, ...args: readonly string[]): Deno.ChildProcess {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--no-check", ...taskFlags(role), `${role}.ts`, "--log-format", "json", ...args],
    cwd: ROOT,
    stdin: "null",
    stdout: "null",
    stderr: role === "queue" ? "piped" : "null",
  }).spawn();
  children.push(child);
  return child;
}

async function listening(queue: Deno.ChildProcess): Promise<Readonly<Record<string, string>>> {
  let text = "";
  for await (const piece of queue.stderr.pipeThrough(new TextDecoderStream())) {
    text += piece;
    const line = text.split("\n").find((line) => line.includes('"listening"'));
    if (line !== undefined && line.endsWith("}")) return JSON.parse(line);
  }
  throw new Error(`The queue does not listen: ${text}`);
}

try {
  const any = "tcp://127.0.0.1:*";
  const queue = start("queue", "--frontend", any, "--backend", any, "--http", "127.0.0.1:0", "--http-actions");
  const { frontend, backend, http } = await listening(queue);
  const workers = ["--connect", `${backend}`, "--work", "400ms", "--concurrency", "5", "--no-faults"];
  start("worker", ...workers);
  start("worker", ...workers);
  const lost = start("worker", "--connect", `${backend}`, "--work", "1500ms", "--concurrency", "2", "--no-faults");
  start("client", "--connect", `${frontend}`, "--rate", "22", "--duration", "10m", "--timeout", "20s");
  start("client", "--connect", `${frontend}`, "--concurrency", "4", "--duration", "10m", "--timeout", "20s");
  const browser = await openBrowser();
  const url = `http://${http}/`;
  await new Promise((done) => setTimeout(done, WARM_UP_MS));
  lost.kill("SIGKILL");
  await new Promise((done) => setTimeout(done, 2500));
  const folder = new URL(forDocuments ? "docs/" : "dist/pictures/", ROOT);
  await Deno.mkdir(folder, { recursive: true });
  for (const [width, height] of forDocuments ? [SIZES[2]] : SIZES) {
    for (const colorScheme of forDocuments ? [SCHEMES[0]] : SCHEMES) {
      const page = await browser.newPage({ viewport: { width, height }, colorScheme, locale: "en-GB" });
      page.on("console", (message) => writeOutput(`console: ${message.text()}\n`));
      page.on("pageerror", (error) => writeOutput(`error: ${error.message}\n`));
      await page.goto(url);
      await page.waitForSelector(".chart canvas");
      await page.waitForTimeout(1500);
      const path = decodeURIComponent(
        new URL(forDocuments ? "page.png" : `${width}-${colorScheme}.png`, folder).pathname,
      );
      await page.screenshot({ path, fullPage: !forDocuments });
      writeOutput(`${path}\n`);
      await page.close();
    }
  }
  await browser.close();
} finally {
  for (const child of children) endNow(child);
}

function endNow(child: Deno.ChildProcess): void {
  try {
    child.kill("SIGKILL");
  } catch (error) {
    // It has already ended by itself.
    if (!(error instanceof TypeError)) throw error;
  }
}
