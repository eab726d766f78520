/**
 * Shows what became of every request: a bar, and a table that adds up.
 *
 * @module
 */

/// <reference lib="dom" />

import type { Account } from "../../status/account.ts";
import { byId, make, setText } from "./elements.ts";
import { accountParts } from "./model/first_glance.ts";
import type { NumberFormat } from "./model/format.ts";

interface PartView {
  readonly row: HTMLElement;
  readonly count: HTMLElement;
  readonly share: HTMLElement;
  readonly bar: HTMLElement;
}

/** See the module. */
export class AccountView {
  readonly #format: NumberFormat;
  readonly #parts = new Map<string, PartView>();

  /** @param format How numbers are written. */
  constructor(format: NumberFormat) {
    this.#format = format;
  }

  /**
   * Shows it.
   *
   * @param account The account.
   */
  show(account: Account): void {
    const parts = accountParts(account);
    for (const { id, label, count } of parts) {
      const view = this.#parts.get(id) ?? this.#makePart(id, label);
      setText(view.count, this.#format.count(count));
      setText(view.share, this.#format.share(count, account.accepted));
      view.bar.style.flexGrow = `${count}`;
      view.bar.hidden = count === 0;
      view.row.classList.toggle("none", count === 0);
    }
    setText(byId("accepted"), this.#format.count(account.accepted));
    const sum = parts.reduce((total, { count }) => total + count, 0);
    const isBalanced = sum === account.accepted;
    setText(
      byId("balance-note"),
      isBalanced
        ? "The parts add up to it."
        : `The parts add up to ${this.#format.count(sum)}: please report this as a bug.`,
    );
  }

  #makePart(id: string, label: string): PartView {
    const swatch = make("span", { className: "swatch" });
    const bar = make("span");
    for (const element of [swatch, bar]) element.style.background = `var(--part-${id})`;
    const [count, share] = [make("td"), make("td", { className: "share" })];
    const row = make("tr", {}, make("th", { scope: "row" }, swatch, label), count, share);
    byId("account").append(row);
    byId("balance").append(bar);
    const view = { row, count, share, bar };
    this.#parts.set(id, view);
    return view;
  }
}
