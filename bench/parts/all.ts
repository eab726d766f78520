/**
 * All parts of the benchmark, in the order in which they run and are shown.
 *
 * @module
 */

import { access } from "./access.ts";
import { departures } from "./departures.ts";
import { fleet } from "./fleet.ts";
import { garbageCollection } from "./garbage_collection.ts";
import { besideGearmand } from "./gearmand.ts";
import { http } from "./http.ts";
import { idleClients } from "./idle_clients.ts";
import { ioThreads } from "./io_threads.ts";
import { loads } from "./loads.ts";
import { overload } from "./overload.ts";
import type { Part } from "./part.ts";
import { peerCosts } from "./peer_costs.ts";
import { starts } from "./starts.ts";
import { systemCalls } from "./system_calls.ts";
import { threads } from "./threads.ts";

/** All parts. */
export const PARTS: readonly Part[] = [
  loads,
  threads,
  systemCalls,
  ioThreads,
  starts,
  idleClients,
  departures,
  garbageCollection,
  peerCosts,
  besideGearmand,
  fleet,
  http,
  access,
  overload,
];

/** All cases, which `--only` names. */
export const NAMES: readonly string[] = PARTS.flatMap(({ cases }) => Object.keys(cases));
