/**
 * Two hosts on one network, which are network namespaces of this machine. Needs `private networks`.
 *
 * @module
 */

import { SEARCH_PATH } from "./capabilities.ts";
import { PrivateNetwork } from "./private_network.ts";

/** The address of the first host. */
export const ADDRESS_OF_ONE = "10.199.0.1";
/** The address of the second host. */
export const ADDRESS_OF_TWO = "10.199.0.2";
/** The first host's IPv6 address, once it has one: {@linkcode TestHosts.useIpv6}. */
export const IPV6_ADDRESS_OF_ONE = "fd00:199::1";
/** The second host's IPv6 address, likewise. */
export const IPV6_ADDRESS_OF_TWO = "fd00:199::2";
/** The name of both ends of the link. */
const WIRE = "wire";

/** Two hosts. Leaving the scope of `await using` removes them; the programs on them must have ended. */
export class TestHosts implements AsyncDisposable {
  /** The host at {@linkcode ADDRESS_OF_ONE}. */
  readonly one: PrivateNetwork;
  /** The host at {@linkcode ADDRESS_OF_TWO}. */
  readonly two: PrivateNetwork;
  readonly #stack: AsyncDisposableStack;

  private constructor(one: PrivateNetwork, two: PrivateNetwork, stack: AsyncDisposableStack) {
    this.one = one;
    this.two = two;
    this.#stack = stack;
  }

  /**
   * Makes them, with a link between them.
   *
   * @param names Further names of the first host, known to both. Both also know the hosts' own names, `one` and `two`.
   */
  static async make(...names: string[]): Promise<TestHosts> {
    await using stack = new AsyncDisposableStack();
    const [one, two] = [stack.use(await PrivateNetwork.make()), stack.use(await PrivateNetwork.make())];
    const end = (host: PrivateNetwork) => [WIRE, "netns", `${host.pid}`];
    await ip(["link", "add", ...end(one), "type", "veth", "peer", "name", ...end(two)]);
    for (const [host, address] of [[one, ADDRESS_OF_ONE], [two, ADDRESS_OF_TWO]] as const) {
      host.name(...["one", ...names].map((name) => [ADDRESS_OF_ONE, name] as const), [ADDRESS_OF_TWO, "two"]);
      await ip(["address", "add", `${address}/24`, "dev", WIRE], host);
      await ip(["link", "set", WIRE, "up"], host);
    }
    return new TestHosts(one, two, stack.move());
  }

  /** Gives both hosts an IPv6 address as well. Needs `ipv6`. */
  async useIpv6(): Promise<void> {
    for (const [host, address] of [[this.one, IPV6_ADDRESS_OF_ONE], [this.two, IPV6_ADDRESS_OF_TWO]] as const) {
      // Nobody else can have this address, so it can be used at once.
      await ip(["address", "add", `${address}/64`, "dev", WIRE, "nodad"], host);
    }
  }

  /** Removes them. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack[Symbol.asyncDispose]();
  }
}

async function ip(args: readonly string[], host?: PrivateNetwork): Promise<void> {
  const [command, words] = host === undefined
    ? ["ip", args]
    : ["nsenter", [`--target=${host.pid}`, "--net", "ip", ...args]] as const;
  const { success, stderr } = await new Deno.Command(command, { args: [...words], env: { PATH: SEARCH_PATH } })
    .output();
  if (!success) throw new Error(`"ip ${args.join(" ")}" failed: ${new TextDecoder().decode(stderr)}`);
}
