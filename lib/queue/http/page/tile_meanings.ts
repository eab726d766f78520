/**
 * Opens and closes the explanations of the numbers. The style shows them on hover and focus, this on a tap; Escape hides
 * them.
 *
 * @module
 */

/// <reference lib="dom" />
/// <reference lib="dom.iterable" />

/**
 * Listens for taps and for Escape.
 *
 * @param tiles The list of numbers, each with its meaning.
 */
export function listenForMeanings(tiles: HTMLElement): void {
  const open = (meaning: Element | undefined) => {
    for (const other of tiles.querySelectorAll(".meaning")) other.classList.toggle("open", other === meaning);
  };
  const hide = (isHidden: boolean) => tiles.classList.toggle("closed", isHidden);
  document.addEventListener("click", ({ target }) => {
    const meaning = tileOf(target)?.querySelector(".meaning") ?? undefined;
    const isOpen = meaning?.classList.contains("open") === true;
    open(isOpen ? undefined : meaning);
    hide(isOpen);
  });
  document.addEventListener("keydown", ({ key }) => {
    if (key !== "Escape") return;
    open(undefined);
    hide(true);
  });
  const enter = (event: FocusEvent | PointerEvent) => {
    const tile = tileOf(event.target);
    if (tile === null || tile === tileOf(event.relatedTarget)) return;
    hide(false);
    // The explanation is wider than its tile, but must stay inside the page.
    tile.classList.toggle("right", tile.getBoundingClientRect().left > innerWidth / 2);
  };
  tiles.addEventListener("focusin", enter);
  tiles.addEventListener("pointerover", enter);
}

function tileOf(target: EventTarget | null): Element | null {
  return target instanceof Element ? target.closest(".tiles > div") : null;
}
