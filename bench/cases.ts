/**
 * What is measured: the cases, the figures taken in each, and the goals they have to meet.
 *
 * @module
 */

import type { Measurement } from "./measure.ts";

/** A bound for a figure: in the cases for the median ratio ours / C. */
export type Goal = { readonly atLeast: number } | { readonly atMost: number };

/** A figure of a measurement that is compared. */
export interface Figure {
  /** Its name in results. */
  readonly name: FigureName;
  /** Its name and unit in tables. */
  readonly label: string;
  /** Takes the figure from a measurement. */
  readonly of: (measurement: Measurement) => number;
}

/** The names of the figures. */
export type FigureName = "requestsPerSecond" | "queueCpuUs" | "p50Us" | "p99Us" | "loadCpuUs";

/** All figures, in the order in which tables show them. */
export const FIGURES: readonly Figure[] = [
  { name: "requestsPerSecond", label: "requests/s", of: (m) => m.requestsPerSecond },
  { name: "queueCpuUs", label: "queue CPU, us/request", of: (m) => m.queueCpuSeconds / m.requests * 1e6 },
  { name: "p50Us", label: "latency p50, us", of: (m) => m.p50Us },
  { name: "p99Us", label: "latency p99, us", of: (m) => m.p99Us },
  { name: "loadCpuUs", label: "load CPU, us/request", of: (m) => m.loadCpuSeconds / m.requests * 1e6 },
];

/** One load, and where queue and load run. */
export interface Case {
  /** What `--only` names. */
  readonly name: string;
  /** Requests under way at any time, each from a client of its own. */
  readonly outstanding: number;
  /** Whether queue and load share the first core, instead of having one each. */
  readonly oneCore: boolean;
  /** Requests that count, unless `--requests` says otherwise. */
  readonly requests: number;
  /** What the ratios have to be; a figure without a goal is only reported. */
  readonly goals: Readonly<Partial<Record<FigureName, Goal>>>;
}

/** The workers of every case. */
export const WORKERS = 16;

/** The size of every request's body, in bytes. */
export const BODY_BYTES = 32;

/** All cases, in the order in which they run. */
export const CASES: readonly Case[] = [
  {
    name: "throughput",
    outstanding: 64,
    oneCore: false,
    requests: 60_000,
    goals: { requestsPerSecond: { atLeast: 0.9 }, queueCpuUs: { atMost: 1.25 } },
  },
  {
    name: "throughput-one-core",
    outstanding: 64,
    oneCore: true,
    requests: 60_000,
    goals: { requestsPerSecond: { atLeast: 0.9 }, queueCpuUs: { atMost: 1.25 } },
  },
  { name: "latency", outstanding: 1, oneCore: false, requests: 10_000, goals: { p50Us: { atMost: 1.25 } } },
  { name: "latency-one-core", outstanding: 1, oneCore: true, requests: 10_000, goals: {} },
];

/**
 * Tells whether a figure meets a goal.
 *
 * @param value The figure.
 * @param goal The goal.
 * @returns Whether it does.
 */
export function meets(value: number, goal: Goal): boolean {
  return "atLeast" in goal ? value >= goal.atLeast : value <= goal.atMost;
}
