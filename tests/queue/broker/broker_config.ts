/**
 * The configuration of brokers under test.
 *
 * @module
 */

import { BROKER_OPTIONS, type BrokerConfig } from "../../../lib/queue/broker/options.ts";
import { readOptions } from "../../../lib/option.ts";

/**
 * Makes a broker's configuration.
 *
 * @param changes What differs from the documented defaults.
 */
export function brokerConfig(changes: Partial<BrokerConfig> = {}): BrokerConfig {
  return { ...readOptions(BROKER_OPTIONS, {}, "test a broker"), knowsDepartures: true, ...changes };
}
