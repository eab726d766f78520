/**
 * All fault injections.
 *
 * @module
 */

import { cutConnections } from "./cut_connections.ts";
import { cutHops } from "./cut_hops.ts";
import { descriptorLimit } from "./descriptor_limit.ts";
import { distantWorkers } from "./distant_workers.ts";
import { drain, drainInterrupted, drainInVain } from "./drain.ts";
import type { Fault } from "./fault.ts";
import { flood } from "./flood.ts";
import { fullBacklog } from "./full_backlog.ts";
import { killedQueues } from "./killed_queues.ts";
import { killedWorkers } from "./killed_workers.ts";
import { lostLink, lostLinkWithHeartbeat } from "./lost_link.ts";
import { malformedMessages } from "./malformed_messages.ts";
import { poisonRequests } from "./poison_requests.ts";
import { impatientClients, lateReady, restartedQueue } from "./restarted_queue.ts";
import { rollingStop } from "./rolling_stop.ts";
import { silentReaders } from "./silent_readers.ts";
import { stoppedWorkers, stoppedWorkersWithJobTimeout } from "./stopped_workers.ts";
import { takenOverIdentities, takenOverIdentitiesAtBound } from "./taken_over_identities.ts";
import { twoQueues } from "./two_queues.ts";

/** All fault injections. */
export const FAULTS: readonly Fault[] = [
  killedWorkers,
  poisonRequests,
  rollingStop,
  stoppedWorkers,
  stoppedWorkersWithJobTimeout,
  killedQueues,
  twoQueues,
  restartedQueue,
  impatientClients,
  lateReady,
  distantWorkers,
  cutConnections,
  cutHops,
  lostLink,
  lostLinkWithHeartbeat,
  takenOverIdentities,
  takenOverIdentitiesAtBound,
  flood,
  fullBacklog,
  silentReaders,
  malformedMessages,
  descriptorLimit,
  drain,
  drainInVain,
  drainInterrupted,
];
