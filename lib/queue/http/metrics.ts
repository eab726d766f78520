/**
 * The queue's metrics for Prometheus, from the last snapshot. Every series exists from the start, and none has a label value
 * that a peer chooses.
 *
 * @module
 */

import { type Labels, type Metric, MetricsRegistry, type Sample } from "../../http/metrics_registry.ts";
import { cumulativeCounts, TIME_BOUNDS_MS, type Times } from "../broker/times.ts";
import type { LinkCounters } from "../link/counters.ts";
import type { RelaySnapshot } from "../relay/relay_statistics.ts";
import type { QueueStatus } from "../status/status.ts";
import type { StatusMoment } from "../status/status_keeper.ts";

type QueueMetric = Metric<StatusMoment>;

const REFUSED_CONNECTIONS = {
  address_not_allowed: "address not allowed",
  key_not_permitted: "key not permitted",
  key_of_other_role: "key permitted for the other role",
} as const satisfies Record<string, keyof RelaySnapshot["refused"]>;

/** The link's counters of requests. */
const LINK_REQUESTS = {
  borrowed: "borrowed",
  borrowed_answered: "borrowedAnswered",
  borrowed_refused: "borrowedRefused",
  borrowed_excused: "borrowedExcused",
  borrowed_lost: "borrowedLost",
  borrowed_timed_out: "borrowedTimedOut",
  borrowed_left_at_drain: "borrowedLeftAtDrain",
  lent: "lent",
  lent_answered: "lentAnswered",
  lent_refused: "lentRefused",
  lent_excused: "lentExcused",
  lent_lost: "lentLost",
} as const satisfies Record<string, keyof LinkCounters>;

/** The link's counters of messages. */
const LINK_DROPPED = {
  not_sent: "unsentLoanReplies",
  late: "lateRemoteReplies",
  malformed: "malformedLinkMessages",
} as const satisfies Record<string, keyof LinkCounters>;

const METRICS: readonly QueueMetric[] = [
  counter("spq_requests_accepted_total", "Requests that were accepted.", ({ account }) => [[{}, account.accepted]]),
  counter("spq_requests_ended_total", "Accepted requests that ended, by the way in which they did.", ({ account }) => [
    [{ how: "answered" }, account.answered],
    [{ how: "client_left" }, account.clientLeft],
    [{ how: "client_blocked" }, account.clientBlocked],
    [{ how: "exhausted" }, account.exhausted],
    [{ how: "left_at_drain" }, account.leftAtDrain],
  ]),
  counter("spq_requests_refused_total", "Requests that were not accepted.", ({ counters }) => [
    [{ why: "backlog_full" }, counters.refusedFull],
    [{ why: "draining" }, counters.refusedDraining],
  ]),
  counter("spq_redeliveries_total", "Requests that were sent again.", ({ counters }, snapshot) => [
    [{ why: "worker_lost" }, counters.redeliveries - snapshot.redeliveriesAfterTimeout],
    [{ why: "job_timeout" }, snapshot.redeliveriesAfterTimeout],
    [{ why: "orderly_exit" }, counters.orderlyExits],
  ]),
  counter("spq_replies_dropped_total", "Replies that reached no client.", ({ counters }) => [
    [{ why: "late" }, counters.lateReplies],
    [{ why: "unmatched" }, counters.unmatchedReplies],
    [{ why: "client_left" }, counters.undeliverableReplies],
  ]),
  counter("spq_connections_refused_total", "Connections that were not let in.", ({ counters }, snapshot) => [
    ...Object.entries(REFUSED_CONNECTIONS).map(([why, reason]) => [{ why }, snapshot.refused[reason] ?? 0] as const),
    [{ why: "handshake_failed" }, counters.failedHandshakes],
    [{ why: "too_many_handshakes" }, counters.excessHandshakes],
  ]),
  counter("spq_violations_total", "Messages that are not of the protocol.", ({ counters }, { dropped }) => [
    [{ side: "frontend" }, dropped.frontend],
    [{ side: "backend" }, dropped.backend + counters.malformedMessages],
  ]),
  counter(
    "spq_link_requests_total",
    "Requests that were sent to linked queues (borrowed) or came from them (lent), and what became of them.",
    ({ link }) => Object.entries(LINK_REQUESTS).map(([what, name]) => [{ what }, link?.counters[name] ?? 0] as const),
  ),
  counter(
    "spq_link_messages_dropped_total",
    "Messages of linked queues that were dropped.",
    ({ link }) => Object.entries(LINK_DROPPED).map(([why, name]) => [{ why }, link?.counters[name] ?? 0] as const),
  ),
  counter("spq_request_bytes_total", "Bytes of the frames of accepted requests.", ({ bytes }) => [[{}, bytes.in]]),
  counter("spq_reply_bytes_total", "Bytes of the frames of replies that were sent.", ({ bytes }) => [[{}, bytes.out]]),
  gauge("spq_waiting_requests", "Requests that wait for a worker, with delayed ones.", ({ waiting }) => [
    [{}, waiting.requests],
  ]),
  gauge("spq_oldest_waiting_seconds", "The age of the oldest waiting request; 0 when none waits.", ({ waiting }) => [
    [{}, (waiting.oldestMs ?? 0) / 1000],
  ]),
  gauge("spq_in_flight_requests", "Requests that a worker has.", ({ inFlight }) => [[{}, inFlight.requests]]),
  gauge("spq_oldest_in_flight_seconds", "How long the request that was sent first has been with its worker.", (
    { inFlight },
  ) => [[{}, (inFlight.oldestMs ?? 0) / 1000]]),
  gauge("spq_backlog_bytes", "What all pending requests count for.", ({ backlog }) => [[{}, backlog.bytes]]),
  gauge("spq_backlog_limit_requests", "The limit of pending requests.", ({ backlog }) => [[{}, backlog.maxRequests]]),
  gauge("spq_backlog_limit_bytes", "The limit of what they count for.", ({ backlog }) => [[{}, backlog.maxBytes]]),
  gauge(
    "spq_workers",
    "Connections of workers, by state.",
    ({ workers }) =>
      Object.entries(workers.states).map(([state, count]) => [{ state: state.replaceAll(" ", "_") }, count] as const),
  ),
  gauge("spq_workers_wanted", "How many worker connections the queue could use.", ({ workers }) => [
    [{}, workers.wanted],
  ]),
  gauge("spq_clients", "Connections of clients that have sent a request.", ({ clients }) => [[{}, clients.total]]),
  gauge("spq_paused", "1 while an operator has paused the queue.", ({ paused }) => [[{}, Number(paused !== null)]]),
  gauge("spq_draining", "1 while the queue drains.", ({ draining }) => [[{}, Number(draining)]]),
  gauge("spq_newest_first", "1 while the newest connection is served first, since clients give up.", (
    { newestFirst },
  ) => [[{}, Number(newestFirst)]]),
  gauge("spq_link_connected", "1 while the link to other queues is connected; 0 also where there is none.", (
    { link },
  ) => [[{}, Number(link?.connected ?? false)]]),
  gauge("spq_open", "1 where other machines get in without keys or a range of addresses.", ({ access }) => [
    [{ side: "frontend" }, Number(access.open.frontend)],
    [{ side: "backend" }, Number(access.open.backend)],
  ]),
  gauge("spq_keys", "Permitted keys; 0 also when none are needed.", ({ access }) => [[{}, access.keys ?? 0]]),
  gauge("spq_info", "Versions, as labels of a 1.", ({ versions }) => [
    [{ version: versions.queue, commit: versions.commit ?? "", deno: versions.deno, libzmq: versions.libzmq }, 1],
  ]),
  histogram(
    "spq_wait_seconds",
    "How long requests waited, from their arrival until they were first sent to a worker.",
    ({ wait }) => wait,
  ),
  histogram(
    "spq_work_seconds",
    "How long workers took, from being sent a request to their reply.",
    ({ work }) => work,
  ),
];

type Values = readonly (readonly [Labels, number])[];
type ReadValues = (status: QueueStatus, snapshot: RelaySnapshot) => Values;

/** The metrics of a queue. */
export class QueueMetrics extends MetricsRegistry<StatusMoment> {
  /** @param read Reads the last snapshot. */
  constructor(read: () => StatusMoment) {
    super(METRICS, read);
  }
}

function counter(name: string, help: string, read: ReadValues): QueueMetric {
  return { name, help, type: "counter", samples: samplesOf(read) };
}

function gauge(name: string, help: string, read: ReadValues): QueueMetric {
  return { name, help, type: "gauge", samples: samplesOf(read) };
}

function samplesOf(read: ReadValues): QueueMetric["samples"] {
  return ({ status, snapshot }) => read(status, snapshot).map(([labels, value]) => ({ labels, value }));
}

function histogram(name: string, help: string, read: (snapshot: RelaySnapshot) => Times): QueueMetric {
  const samples = ({ snapshot }: StatusMoment): Sample[] => {
    const times = read(snapshot);
    const buckets = cumulativeCounts(times).map((value, index) => ({
      metricName: `${name}_bucket`,
      labels: { le: `${TIME_BOUNDS_MS[index]! / 1000}` },
      value,
    }));
    return [
      ...buckets,
      { metricName: `${name}_bucket`, labels: { le: "+Inf" }, value: times.count },
      { metricName: `${name}_sum`, value: times.sumMs / 1000 },
      { metricName: `${name}_count`, value: times.count },
    ];
  };
  return { name, help, type: "histogram", samples };
}
