/**
 * All acts, in the order in which they are played.
 *
 * @module
 */

import type { Act } from "./act.ts";
import { deploys } from "./acts/deploys.ts";
import { dnsGone } from "./acts/dns_gone.ts";
import { fullDisk } from "./acts/full_disk.ts";
import { lostMachine } from "./acts/lost_machine.ts";
import { overload } from "./acts/overload.ts";
import { removedKey } from "./acts/removed_key.ts";
import { upgrade, upgradeBeside } from "./acts/upgrade.ts";

/** All acts. */
export const ACTS: readonly Act[] = [
  deploys,
  removedKey,
  overload,
  upgrade,
  lostMachine,
  fullDisk,
  dnsGone,
  upgradeBeside,
];
