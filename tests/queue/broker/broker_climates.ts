/**
 * What can happen in the world around a broker, and how often it does in each of several climates.
 *
 * @module
 */

import { CLIENTS, type World } from "./broker_world.ts";

/** Times just below, at and above each of the broker's deadlines. */
const STEPS_MS = [0, 1, 2, 5, 10, 20, 29, 30, 49.5, 50, 51, 60, 99, 100, 101, 249.5, 250, 300, 699, 700];
const LONG_STEPS_MS = [999.5, 1000, 1001, 2000, 4000, 4999, 5000, 5001];

/** Something that happens to a peer, in one of several variants. */
export type Happening = (world: World, who: number, detail: number) => void;

/** Everything that can happen. */
export const HAPPENINGS = {
  ask: (world, who, detail) => world.ask(who, detail),
  "ask often": (world, who, detail) => {
    for (let i = 0; i < 5; i++) world.ask(who, detail);
  },
  "all ask": (world, _who, detail) => CLIENTS.forEach((_, who) => world.ask(who, detail)),
  "client connects": (world, who) => world.connectClient(who),
  "client leaves": (world, who) => world.endClient(who, true),
  "client vanishes": (world, who) => world.endClient(who, false),
  "client blocks": (world, who) => world.blockClient(who),
  "worker connects": (world, who) => world.connectWorker(who, true),
  "worker reconnects unnoticed": (world, who) => world.connectWorker(who, false),
  "worker leaves": (world, who) => world.endWorker(who, true),
  "worker vanishes": (world, who) => world.endWorker(who, false),
  "worker blocks": (world, who) => world.blockWorker(who),
  ready: (world, who, detail) => world.sayReady(who, detail),
  answer: (world, who) => world.answer(who),
  "answer again": (world, who, detail) => world.answerAgain(who, detail),
  "answer another": (world, who, detail) => world.answerAnother(who, detail),
  nonsense: (world, who, detail) => world.sayNonsense(who, detail),
  pass: (world, _who, detail) => world.pass(STEPS_MS[detail % STEPS_MS.length]!),
  "pass long": (world, _who, detail) => world.pass(LONG_STEPS_MS[detail % LONG_STEPS_MS.length]!),
  dispatch: (world) => world.dispatch(),
  drain: (world) => world.drain(),
} satisfies Record<string, Happening>;

/** The name of something that can happen. */
export type Name = keyof typeof HAPPENINGS;

/** How often each thing happens, relative to the others. */
type Climate = Partial<Record<Name, number>>;

const CALM: Climate = { ask: 20, "ask often": 2, "client leaves": 3, ready: 10, answer: 35, pass: 25, dispatch: 5 };

const CLIMATES: readonly Climate[] = [
  CALM,
  // There are more requests than replies.
  { ...CALM, answer: 20, "all ask": 3, "client connects": 2, "client vanishes": 2, "answer again": 2 },
  // Clients give up all the time, and workers reply.
  { "all ask": 8, "client leaves": 12, ready: 10, answer: 60, pass: 10 },
  // Peers come, go and misbehave.
  {
    ...CALM,
    answer: 15,
    ready: 12,
    "client connects": 3,
    "client vanishes": 2,
    "client blocks": 2,
    "worker connects": 6,
    "worker reconnects unnoticed": 1,
    "worker leaves": 8,
    "worker vanishes": 4,
    "worker blocks": 2,
    "answer again": 3,
    "answer another": 2,
    nonsense: 2,
  },
  // Workers connect and stay silent.
  {
    ask: 12,
    "client leaves": 2,
    "client connects": 2,
    "worker connects": 15,
    "worker leaves": 4,
    "worker vanishes": 3,
    "worker blocks": 1,
    ready: 4,
    answer: 12,
    "answer again": 3,
    "answer another": 2,
    nonsense: 1,
    pass: 15,
    "pass long": 20,
  },
  // Workers connect, reply once and end.
  { ...CALM, answer: 30, "worker leaves": 15, ready: 15, pass: 15 },
  // Everything happens equally often.
  Object.fromEntries(Object.keys(HAPPENINGS).filter((name) => name !== "drain").map((name) => [name, 5])),
  { ...CALM, drain: 1 },
  // The queue drains while a few jobs take much longer than most.
  { ask: 15, ready: 10, answer: 25, pass: 20, drain: 1 },
];

/** For each climate the names of what happens there, each as often as its weight. */
export const CLIMATE_NAMES: readonly (readonly Name[])[] = CLIMATES.map((climate) =>
  Object.entries(climate).flatMap(([name, weight]) => Array.from({ length: weight }, () => name as Name))
);
