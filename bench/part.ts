/**
 * What the parts of the benchmark beside the cases have in common.
 *
 * @module
 */

import type { GoalResult } from "./goals.ts";
import type { LoadSetup } from "./measure.ts";
import type { LeftOut } from "./queues.ts";

/** What a part measured. */
export interface PartResult<Row> {
  /** Nothing when the part was not wanted. */
  readonly rows: readonly Row[];
  readonly goals: readonly GoalResult[];
  readonly leftOut: readonly LeftOut[];
}

/** The load generator's path, and where queue and load run. */
export type PartSetup = Pick<LoadSetup, "program" | "pinning">;

/** What a part that is not wanted measured. */
export const NOTHING: PartResult<never> = { rows: [], goals: [], leftOut: [] };
