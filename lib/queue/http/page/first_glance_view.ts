/**
 * Shows the top of the page: the state, the six numbers and the account.
 *
 * @module
 */

/// <reference lib="dom" />
/// <reference lib="dom.iterable" />

import { AccountView } from "./account_view.ts";
import { byId, make, setText } from "./elements.ts";
import { queueName } from "./model/endpoint_names.ts";
import { type Numbers, SIGNS, type Tile, tilesOf, titleOf, type Tone, TONES } from "./model/first_glance.ts";
import { type NumberFormat, sentenceParts, valueParts } from "./model/format.ts";
import { iconOf } from "./model/icon.ts";
import { listenForMeanings } from "./tile_meanings.ts";

interface TileView {
  readonly value: HTMLElement;
  readonly note: HTMLElement;
}

/** A value with more characters is shown smaller. */
const LONG_VALUE = 10;
/** See the module. */
export class FirstGlance {
  readonly #format: NumberFormat;
  readonly #tiles = new Map<string, TileView>();
  readonly #account: AccountView;
  readonly #dateTime = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });
  #sentence = "";
  #state = "";
  #tone: Tone | undefined;

  /** @param format How numbers are written. */
  constructor(format: NumberFormat) {
    this.#format = format;
    this.#account = new AccountView(format);
    listenForMeanings(byId("tiles"));
  }

  /** Shows a status. */
  show(numbers: Numbers): void {
    for (const tile of tilesOf(numbers, this.#format)) this.#showTile(tile);
    this.#account.show(numbers.account);
    setText(byId("endpoint"), queueName(numbers));
    byId("endpoint").title = `frontend ${numbers.frontend.join(", ")}; backend ${numbers.backend.join(", ")}`;
    this.#showSentence(numbers.sentence);
    if (numbers.state !== this.#state) {
      if (this.#state !== "") this.announce(`The queue is now: ${numbers.state}`);
      this.#state = numbers.state;
    }
    const { queue, libzmq, deno } = numbers.versions;
    setText(byId("versions"), `spqueue ${queue}`);
    byId("versions").title = `libzmq ${libzmq}, Deno ${deno}`;
    this.#showTime(byId("started"), "up since ", numbers.startedAt);
  }

  /**
   * Shows when the last status arrived.
   *
   * @param numbers The last status.
   * @param silentMs How long ago it came.
   * @param isStale Whether that is too long.
   */
  showSeen(numbers: Numbers, silentMs: number, isStale: boolean): void {
    this.#showTone(isStale ? "lost" : TONES[numbers.state] ?? "warn");
    document.body.classList.toggle("stale", isStale);
    document.title = titleOf(numbers, isStale);
    setText(byId("seen"), isStale ? `last seen ${this.#format.ago(silentMs)}, connecting again` : "live");
    byId("seen").title = numbers.at;
    setText(byId("state"), isStale ? "· what follows is from then" : "");
  }

  /**
   * Shows that nothing is known of the queue.
   *
   * @param sentence Why.
   */
  showUnknown(sentence: string): void {
    this.#showTone("lost");
    this.#showSentence(sentence);
    document.title = titleOf(undefined, true);
    setText(byId("seen"), "not seen yet");
    setText(byId("state"), "");
  }

  /** Announces a text to screen readers. */
  announce(text: string): void {
    setText(byId("announcement"), text);
  }

  #showTone(tone: Tone): void {
    if (tone === this.#tone) return;
    this.#tone = tone;
    document.body.dataset["tone"] = tone;
    setText(byId("sign"), SIGNS[tone]);
    byId("icon").setAttribute("href", iconOf(tone));
  }

  #showSentence(sentence: string): void {
    if (sentence === this.#sentence) return;
    this.#sentence = sentence;
    // A long reason is cut off on the page, so it is also the tooltip.
    byId("sentence").title = sentence;
    byId("sentence").replaceChildren(
      ...sentenceParts(sentence).map(({ text, isTime }) => {
        if (!isTime) return make("bdi", { dir: "ltr", textContent: text });
        return make("time", { dateTime: text, title: text, textContent: this.#dateTime.format(Date.parse(text)) });
      }),
    );
  }

  #showTime(place: HTMLElement, before: string, iso: string): void {
    if (place.title === iso) return;
    place.title = iso;
    setText(place, before + this.#dateTime.format(Date.parse(iso)));
  }

  #showTile({ id, label, value, note, meaning }: Tile): void {
    let view = this.#tiles.get(id);
    if (view === undefined) {
      const tip = make("span", { className: "meaning", id: `meaning-${id}`, textContent: meaning });
      tip.setAttribute("role", "tooltip");
      const button = make("button", { type: "button", textContent: label });
      button.setAttribute("aria-describedby", tip.id);
      view = { value: make("dd", { className: "value", id: `tile-${id}` }), note: make("dd", { className: "below" }) };
      byId("tiles").append(make("div", {}, make("dt", {}, button, tip), view.value, view.note));
      this.#tiles.set(id, view);
    }
    if (view.value.textContent !== value) {
      view.value.replaceChildren(
        ...valueParts(value).map(({ text, isNumber }) => make(isNumber ? "b" : "span", { textContent: text })),
      );
    }
    view.value.classList.toggle("long", value.length > LONG_VALUE);
    setText(view.note, note);
  }
}
