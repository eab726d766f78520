/**
 * Asks for the queue's token if it requires one.
 *
 * @module
 */

/// <reference lib="dom" />

import { keepToken } from "./connection.ts";
import { byId, setText } from "./elements.ts";

/**
 * Makes the form work.
 *
 * @param onKept Called when the token has been stored.
 */
export function listenForToken(onKept: () => void): void {
  byId("token-form").addEventListener("submit", (event) => {
    event.preventDefault();
    void give(onKept);
  });
}

/** Shows the form instead of everything else, or hides it again. */
export function askForToken(isAsked: boolean): void {
  byId("token-form").hidden = !isAsked;
  byId("content").hidden = isAsked;
  if (isAsked) byId("token").focus();
}

async function give(onKept: () => void): Promise<void> {
  const input = byId<HTMLInputElement>("token");
  let problem = "This is not the queue's token.";
  const isKept = await keepToken(input.value.trim()).catch(() => {
    problem = "The queue does not answer.";
    return false;
  });
  input.value = "";
  setText(byId("token-problem"), isKept ? "" : problem);
  if (isKept) onKept();
}
