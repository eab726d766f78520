/**
 * Temporary folders.
 *
 * @module
 */

/**
 * A temporary folder. Its path is short, since the length of socket paths is limited. Leaving the scope of `using`
 * removes it.
 */
export class Folder implements Disposable {
  /** Its path. */
  readonly path: string = Deno.makeTempDirSync({ prefix: "spq-" });

  /** The names of the files in it, sorted. */
  get names(): string[] {
    return Array.from(Deno.readDirSync(this.path), ({ name }) => name).sort();
  }

  /** The path of a file in it. */
  file(name: string): string {
    return `${this.path}/${name}`;
  }

  /**
   * Endpoints for a queue in this folder, one on each side. Every queue that is started in the folder gets the same
   * ones.
   */
  get endpoints(): { readonly frontends: readonly string[]; readonly backends: readonly string[] } {
    return { frontends: [`ipc://${this.file("front")}`], backends: [`ipc://${this.file("back")}`] };
  }

  /** Removes the folder and everything in it. */
  [Symbol.dispose](): void {
    Deno.removeSync(this.path, { recursive: true });
  }
}
