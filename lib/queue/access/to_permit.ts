/**
 * How an operator can let a refused peer in.
 *
 * @module
 */

import { quote } from "shlex";
import type { Refusal } from "./admission.ts";

/**
 * The command or the change that lets a peer in.
 *
 * @param refusal The peer, and why it was refused.
 * @param keyFolder The key folder, if keys are needed.
 */
export function toPermit({ role, address, publicKey, reason }: Refusal, keyFolder: string | undefined): string {
  switch (reason) {
    case "key not permitted":
      return `spqueue key add ${role} NAME --public-key='${publicKey}' --keys ${quote(keyFolder!)}`;
    case "key permitted for the other role":
      return `make its role client,worker in ${keyFolder}/permitted`;
    case "address not allowed":
      return `start the queue with --allow ${address}`;
  }
}
