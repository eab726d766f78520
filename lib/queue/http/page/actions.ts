/**
 * The buttons to pause, resume and drain, and a dialog that asks for a reason or a confirmation.
 *
 * @module
 */

/// <reference lib="dom" />

import { problemOf } from "./connection.ts";
import { byId, setText } from "./elements.ts";

interface Question {
  readonly title: string;
  readonly text: string;
  readonly label: string;
  readonly button: string;
  /** The word that must be typed; without it any text will do. */
  readonly word?: string;
  readonly path: string;
}

const PAUSE: Question = {
  title: "Pause the queue",
  text: "No requests are sent to workers until somebody resumes the queue. New requests are accepted and wait.",
  label: "Reason (visible to everybody)",
  button: "Pause",
  path: "pause",
};
const DRAIN: Question = {
  title: "Drain the queue",
  text: "The queue takes no further requests, finishes those it has, and exits. This cannot be undone.",
  label: "Type drain to confirm",
  button: "Drain",
  word: "drain",
  path: "drain",
};
const NAME_KEY = "spq-name";
/** The queue answers once its status shows that it was done. */
const ANSWER_MS = 10_000;

/** Makes the buttons work. */
export function listenForActions(): void {
  byId("pause").addEventListener("click", () => ask(PAUSE));
  byId("drain").addEventListener("click", () => ask(DRAIN));
  byId("resume").addEventListener("click", () => void resume());
  byId("dialog-cancel").addEventListener("click", () => byId<HTMLDialogElement>("dialog").close());
  byId("dialog-form").addEventListener("submit", (event) => {
    event.preventDefault();
    void answer();
  });
}

/**
 * Shows the buttons that apply.
 *
 * @param isAllowed Whether the queue takes commands.
 * @param state Whether it is paused, and whether it drains.
 */
export function showActions(
  isAllowed: boolean,
  state: { readonly isPaused: boolean; readonly isDraining: boolean },
): void {
  byId("actions").hidden = !isAllowed || state.isDraining;
  byId("pause").hidden = state.isPaused;
  byId("resume").hidden = !state.isPaused;
}

let asked: Question = PAUSE;
/** The name that the user gave. */
let name = storedName();

function ask(question: Question): void {
  asked = question;
  setText(byId("dialog-title"), question.title);
  setText(byId("dialog-text"), question.text);
  setText(byId("dialog-label"), question.label);
  setText(byId("dialog-submit"), question.button);
  setText(byId("dialog-problem"), "");
  byId<HTMLInputElement>("dialog-word").value = "";
  byId<HTMLInputElement>("dialog-by").value = name;
  byId<HTMLDialogElement>("dialog").showModal();
  byId("dialog-word").focus();
}

async function resume(): Promise<void> {
  const problem = await tell("resume", {});
  setText(byId("resume-problem"), problem === undefined ? "" : `It is still paused. ${problem}`);
}

async function answer(): Promise<void> {
  const word = byId<HTMLInputElement>("dialog-word").value.trim();
  if (asked.word !== undefined && word !== asked.word) {
    return setText(byId("dialog-problem"), `Nothing was done: the word is ${asked.word}.`);
  }
  rememberName(byId<HTMLInputElement>("dialog-by").value.trim());
  const submit = byId<HTMLButtonElement>("dialog-submit");
  submit.disabled = true;
  const problem = await tell(asked.path, asked.word === undefined ? { reason: word } : {});
  submit.disabled = false;
  if (problem === undefined) byId<HTMLDialogElement>("dialog").close();
  else setText(byId("dialog-problem"), problem);
}

/** Posts the command; returns why it failed, if it did. */
async function tell(path: string, body: Readonly<Record<string, string>>): Promise<string | undefined> {
  try {
    const response = await fetch(path, {
      method: "POST",
      headers: { "X-SPQ-Action": "1", "Content-Type": "application/json" },
      body: JSON.stringify(name === "" ? body : { ...body, by: name }),
      signal: AbortSignal.timeout(ANSWER_MS),
    });
    return response.ok ? undefined : await problemOf(response);
  } catch (error) {
    return `The queue cannot be reached: ${(error as Error).message}`;
  }
}

function rememberName(given: string): void {
  name = given;
  try {
    localStorage.setItem(NAME_KEY, given);
  } catch {
    // The name is not stored: it is asked for again after a reload.
  }
}

function storedName(): string {
  try {
    return localStorage.getItem(NAME_KEY) ?? "";
  } catch {
    return "";
  }
}
