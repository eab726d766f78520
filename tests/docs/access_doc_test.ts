/** The peers in other languages that docs/access.md shows get in with their keys. */

import { assertEquals } from "@std/assert";
import { KeyFolder } from "../../lib/queue/commands/key_folder.ts";
import { loadLibrary } from "../../lib/zmq/library.ts";
import { JAVA, JEROMQ_CLASS_PATH, type Need, PYTHON, ROOT } from "../harness/capabilities.ts";
import { Folder } from "../harness/folder.ts";
import { startLocalQueue } from "../harness/local_queue.ts";
import { Program } from "../harness/program.ts";
import { scenario } from "../harness/scenario.ts";

interface Language {
  /** As the fence of a code block names it. */
  readonly name: string;
  readonly need: Need;
  /** What its client prints for the reply "hello". */
  readonly printed: string;
  /** The file in which a shown program stands, and the command that runs it. */
  readonly file: string;
  readonly command: readonly string[];
  /** What stands around a shown program. */
  readonly complete: (program: string) => string;
}

const LANGUAGES: readonly Language[] = [
  {
    name: "python",
    need: "pyzmq",
    printed: "b'hello'\n",
    file: "peer.py",
    command: [PYTHON],
    complete: (program) => program,
  },
  {
    name: "java",
    need: "jeromq",
    printed: "hello\n",
    file: "Peer.java",
    command: [JAVA, "-cp", JEROMQ_CLASS_PATH],
    complete: (program) =>
      `import org.zeromq.*;
       public class Peer {
         public static void main(String[] args) throws Exception { ${program}; System.exit(0); }
       }`,
  },
];

for (const language of LANGUAGES) {
  const { name, need, printed, file, command } = language;
  scenario(
    `docs/access.md shows a client and a worker in ${name} that get in`,
    ["queue thread", "files", need],
    async () => {
      using folder = new Folder();
      const keys = new KeyFolder(await loadLibrary(), folder.path);
      await keys.add({ name: "thumb1", roles: ["worker"], publicKey: undefined });
      await keys.add({ name: "ops", roles: ["client"], publicKey: undefined });
      await using queue = await startLocalQueue({ keys: folder.path });
      const text = await Deno.readTextFile(new URL("docs/access.md", ROOT));
      const start = (program: string): Program => {
        const path = `${Deno.makeTempDirSync({ dir: folder.path })}/${file}`;
        const here = program
          .replace("tcp://queue.example:5555", queue.frontend[0]!)
          .replace("tcp://queue.example:5556", queue.backend[0]!);
        Deno.writeTextFileSync(path, language.complete(here));
        return new Program(command[0]!, { args: [...command.slice(1), path], cwd: folder.path });
      };
      const programs = [...text.matchAll(new RegExp(`\`\`\`${name}\n(.*?)\`\`\``, "gs"))].map(([, program]) =>
        program!
      );
      const [client, worker] = programs;
      await using working = start(worker!);
      await using asking = start(client!);
      const workerEnds = working.exit.then((exit) => {
        throw new Error(`The worker ended: ${exit.stderr}`);
      });
      const { code, stdout, stderr } = await Promise.race([asking.exit, workerEnds]);
      assertEquals([code, stdout], [0, printed], stderr);
    },
  );
}
