/**
 * An echo worker that ends after some jobs: `echo_worker.ts BACKEND JOBS [BLOCK_MS]`.
 *
 * @module
 */

import { work } from "../../worker.ts";

const [backend = "", jobs, blockMs = "0"] = Deno.args;

await work((request) => request, { connect: backend, maxJobs: Number(jobs), blockMs: Number(blockMs) });
