/**
 * Summarises a worker's connections in a sentence for people.
 *
 * @module
 */

/** The state of a connection to a queue: `connected`, `connecting`, or the reason why there is none. */
export type ConnectionState = "connected" | "connecting" | { readonly reason: string };

/** The connections of a worker to its queues. */
export class ConnectionStatus {
  readonly #states: Map<string, ConnectionState>;
  readonly #onChange: (sentence: string) => void;

  /**
   * @param endpoints The queues' backends.
   * @param onChange Called with each sentence that differs from the last one.
   */
  constructor(endpoints: readonly string[], onChange: (sentence: string) => void) {
    this.#states = new Map(endpoints.map((endpoint) => [endpoint, "connecting"]));
    this.#onChange = onChange;
  }

  /**
   * Sets the state of the connection to a queue.
   *
   * @param endpoint The queue's backend.
   * @param state `connecting` after a connection was lost.
   */
  set(endpoint: string, state: ConnectionState): void {
    // Each slot has its own connection. One slot may already have failed to reconnect before another notices the loss.
    if (state === "connecting" && this.#states.get(endpoint) !== "connected") return;
    const before = this.sentence;
    this.#states.set(endpoint, state);
    if (this.sentence !== before) this.#onChange(this.sentence);
  }

  /** How many queues there are. */
  get total(): number {
    return this.#states.size;
  }

  /** How many queues it is connected to. */
  get connected(): number {
    return [...this.#states.values()].filter((state) => state === "connected").length;
  }

  /** The sentence. */
  get sentence(): string {
    const parts = [...this.#states].map(([endpoint, state]) => {
      if (state === "connected") return `connected to ${endpoint}`;
      if (state === "connecting") return `connecting to ${endpoint}`;
      return `not connected to ${endpoint} (${state.reason})`;
    });
    const text = parts.join(", ");
    return text.charAt(0).toUpperCase() + text.slice(1);
  }
}
