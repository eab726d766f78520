/**
 * Records a host's network traffic. Needs `python` and root.
 *
 * @module
 */

import { PYTHON, ROOT, SEARCH_PATH } from "./capabilities.ts";
import type { PrivateNetwork } from "./private_network.ts";
import type { Program } from "./program.ts";

/** A packet capture on one host. */
export class PacketCapture implements AsyncDisposable {
  readonly #program: Program;

  private constructor(program: Program) {
    this.#program = program;
  }

  /**
   * Starts recording everything on all interfaces of a host.
   *
   * @param network The host.
   */
  static async start(network: PrivateNetwork): Promise<PacketCapture> {
    const script = decodeURIComponent(new URL("tests/harness/packet_capture.py", ROOT).pathname);
    const capture = new PacketCapture(network.run(PYTHON, { args: [script], env: { PATH: SEARCH_PATH } }));
    await capture.#program.text("stdout", /^capturing$/m);
    return capture;
  }

  /**
   * Ends it.
   *
   * @returns Everything that was recorded, one character per byte.
   */
  async stop(): Promise<string> {
    this.#program.kill("SIGTERM");
    const { stdout } = await this.#program.exit;
    return atob(stdout.replace("capturing\n", "").trim());
  }

  /** Ends it. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#program[Symbol.asyncDispose]();
  }
}
