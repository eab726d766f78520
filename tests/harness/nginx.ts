/**
 * Debian's nginx as a process.
 *
 * @module
 */

import { Folder } from "./folder.ts";
import { freePort } from "./free_port.ts";
import { Program } from "./program.ts";

/** An nginx that serves one site on this machine, without TLS. Needs `nginx`. Leaving `await using`'s scope ends it. */
export class Nginx implements AsyncDisposable {
  /** Where it listens, such as `127.0.0.1:8080`. */
  readonly address: string;
  readonly #program: Program;
  readonly #folder: Folder;

  private constructor(address: string, program: Program, folder: Folder) {
    this.address = address;
    this.#program = program;
    this.#folder = folder;
  }

  /**
   * Starts it, and waits until it listens.
   *
   * @param site The configuration of its site: the directives of a `server` block.
   */
  static async start(site: string): Promise<Nginx> {
    const address = `127.0.0.1:${freePort()}`;
    const folder = new Folder();
    const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map((what) => `${what}_temp_path ${what};`);
    Deno.writeTextFileSync(
      folder.file("nginx.conf"),
      `daemon off; master_process off; pid nginx.pid; error_log stderr notice; events {}
       http { access_log off; ${temporary.join(" ")} server { listen ${address}; ${site} } }`,
    );
    const program = new Program("nginx", { args: ["-p", folder.path, "-c", "nginx.conf", "-e", "stderr"] });
    const nginx = new Nginx(address, program, folder);
    try {
      // When it logs this, it has bound its port.
      await program.text("stderr", /event method/);
      return nginx;
    } catch (error) {
      await nginx[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Ends it. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#program[Symbol.asyncDispose]();
    this.#folder[Symbol.dispose]();
  }
}
