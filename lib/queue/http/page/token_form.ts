/**
 * Asks for the queue's token, where it has one.
 *
 * @module
 */

/// <reference lib="dom" />

import { keepToken } from "./connection.ts";
import { byId, setText } from "./elements.ts";

/**
 * Makes the form work.
 *
 * @param onKept The queue keeps the token.
 */
export function listenForToken(onKept: () => void): void {
  byId("token-form").addEventListener("submit", (event) => {
    event.preventDefault();
    void give(onKept);
  });
}

/** Asks, in the place of everything else, or no longer. */
export function askForToken(isAsked: boolean): void {
  byId("token-form").hidden = !isAsked;
  byId("content").hidden = isAsked;
  if (isAsked) byId("token").focus();
}

async function give(onKept: () => void): Promise<void> {
  const input = byId<HTMLInputElement>("token");
  let problem = "The token that was given is not this queue's.";
  const isKept = await keepToken(input.value.trim()).catch(() => {
    problem = "The queue does not answer.";
    return false;
  });
  input.value = "";
  setText(byId("token-problem"), isKept ? "" : problem);
  if (isKept) onKept();
}
