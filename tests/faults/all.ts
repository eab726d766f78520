/**
 * All fault injections, by what goes wrong.
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
import { rawPeers } from "./raw_peers.ts";
import { impatientClients, lateReady, restartedQueue } from "./restarted_queue.ts";
import { rollingStop } from "./rolling_stop.ts";
import { silentReaders } from "./silent_readers.ts";
import { stoppedWorkers, stoppedWorkersWithJobTimeout } from "./stopped_workers.ts";
import { takenOverIdentities, takenOverIdentitiesAtBound } from "./taken_over_identities.ts";
import { twoQueues, twoQueuesWithKeys } from "./two_queues.ts";

/** Workers crash, are stopped or hang. */
export const WORKER_FAULTS: readonly Fault[] = [
  killedWorkers,
  poisonRequests,
  rollingStop,
  stoppedWorkers,
  stoppedWorkersWithJobTimeout,
];

/** Queues crash and are restarted. */
export const QUEUE_FAULTS: readonly Fault[] = [
  killedQueues,
  twoQueues,
  twoQueuesWithKeys,
  restartedQueue,
  impatientClients,
];

/** Peers are far away, slow to speak, or end while the queue works. */
export const TIMING_FAULTS: readonly Fault[] = [lateReady, distantWorkers, drain, drainInVain, drainInterrupted];

/** Connections break or are taken over. */
export const CONNECTION_FAULTS: readonly Fault[] = [
  cutConnections,
  cutHops,
  lostLink,
  lostLinkWithHeartbeat,
  takenOverIdentities,
  takenOverIdentitiesAtBound,
];

/** Peers send too much, read too little, or send what makes no sense. */
export const LOAD_FAULTS: readonly Fault[] = [
  flood,
  fullBacklog,
  silentReaders,
  malformedMessages,
  rawPeers,
  descriptorLimit,
];

/** All fault injections. */
export const FAULTS: readonly Fault[] = [
  ...WORKER_FAULTS,
  ...QUEUE_FAULTS,
  ...TIMING_FAULTS,
  ...CONNECTION_FAULTS,
  ...LOAD_FAULTS,
];
