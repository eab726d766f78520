/**
 * Sorts support mail: the request is a text, the reply one word, the category that fits best.
 *
 * @module
 */

// classificator: naive Bayes in a few kilobytes, and learns at every start.
import bayes from "classificator";
import type { Frames } from "../worker.ts";
import { runWorker } from "./run_worker.ts";

const LESSONS: Readonly<Record<string, readonly string[]>> = {
  billing: [
    "I was charged twice this month, please refund one payment",
    "The invoice has the wrong address and the wrong amount",
    "Which credit cards do you accept, and when is the price due",
  ],
  delivery: [
    "Where is my parcel? The tracking number shows nothing",
    "The package came damaged and one item was missing",
    "Can you ship to another address, and how long does shipping take",
  ],
  account: [
    "I forgot my password and cannot log in any more",
    "Please delete my account and change my email address",
    "The login page says that my user name is locked",
  ],
};

const classifier = bayes({ tokenizer: (text) => text.toLowerCase().match(/\p{L}{4,}/gu) ?? [] });
for (const [category, texts] of Object.entries(LESSONS)) for (const text of texts) classifier.learn(text, category);

/** Says which category a text belongs to. */
export function classify(request: Frames): Frames {
  const text = request.map((frame) => new TextDecoder().decode(frame)).join(" ");
  return [new TextEncoder().encode(classifier.categorize(text).predictedCategory ?? "")];
}

if (import.meta.main) await runWorker(classify);
