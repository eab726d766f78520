/**
 * A table that is kept up to date. A row keeps its elements while it exists, and only changed elements are touched, so that
 * a thousand rows are cheap. The table has two listeners, however many rows there are.
 *
 * @module
 */

/// <reference lib="dom" />
/// <reference lib="dom.iterable" />

import { make, setText } from "./elements.ts";
import { distinctIds, matches, sorted, type Sorting, type SortValue } from "./model/table_order.ts";

/** A column. */
export interface Column<Row> {
  readonly id: string;
  readonly title: string;
  /** The text of a cell. */
  readonly text: (row: Row) => string;
  /** The value to sort rows by. */
  readonly sortBy: (row: Row) => SortValue;
  /** `number` is aligned to the right; `name` and `peer` are texts that a peer chose. */
  readonly kind?: "number" | "name" | "peer";
  /** The tooltip of a cell; by default its own text, if that may be cut off. */
  readonly hint?: (row: Row) => string;
  /** A mark on a cell besides its text; the style has a sign for each. */
  readonly mark?: (row: Row) => string;
}

/** A table. */
export interface TableOptions<Row> {
  /** What it lists, for screen readers. */
  readonly label: string;
  readonly columns: readonly Column<Row>[];
  /** The row's key while it exists. */
  readonly idOf: (row: Row) => string;
  readonly sorting?: Sorting;
  /** Whether a row needs attention. */
  readonly isAlarm?: (row: Row) => boolean;
  /** The texts to search in; without it there is no search field. */
  readonly search?: { readonly by: string; readonly texts: (row: Row) => readonly (string | null)[] };
  /** The values to choose from, such as states. */
  readonly choice?: { readonly label: string; readonly values: readonly string[]; readonly of: (row: Row) => string };
  /** Shown instead of a table without rows. */
  readonly empty: HTMLElement;
}

interface Line {
  readonly element: HTMLTableRowElement;
  readonly cells: readonly HTMLTableCellElement[];
}

/** See the module. */
export class Table<Row> {
  readonly #options: TableOptions<Row>;
  readonly #lines = new Map<string, Line>();
  readonly #body = make("tbody");
  readonly #scroll: HTMLElement;
  readonly #tools = make("div", { className: "tools" });
  readonly #none = make("p", { className: "empty", textContent: "No matching rows.", hidden: true });
  readonly #search: HTMLInputElement | undefined;
  readonly #choice: HTMLSelectElement | undefined;
  readonly #heads = new Map<string, HTMLTableCellElement>();
  #sorting: Sorting | undefined;
  #rows: readonly Row[] = [];

  /**
   * @param place Where it goes.
   * @param options The table.
   */
  constructor(place: HTMLElement, options: TableOptions<Row>) {
    this.#options = options;
    this.#sorting = options.sorting;
    const heads = options.columns.map((column) => this.#head(column));
    const head = make("thead", {}, make("tr", {}, ...heads));
    head.addEventListener("click", (event) => this.#onHead(event));
    this.#scroll = make("div", { className: "scroll", tabIndex: 0 }, make("table", {}, head, this.#body));
    this.#scroll.setAttribute("role", "region");
    this.#scroll.setAttribute("aria-label", options.label);
    const { search, choice } = options;
    if (search !== undefined) {
      this.#search = make("input", { type: "search", placeholder: `Find by ${search.by}` });
      this.#search.setAttribute("aria-label", `Find in ${options.label}`);
      this.#tools.append(this.#search);
    }
    if (choice !== undefined) {
      const all = make("option", { value: "", textContent: `all ${choice.label}` });
      this.#choice = make("select", {}, all, ...choice.values.map((value) => make("option", { value }, value)));
      this.#choice.setAttribute("aria-label", choice.label);
      this.#tools.append(this.#choice);
    }
    this.#tools.addEventListener("input", () => this.update(this.#rows));
    place.append(this.#tools, this.#scroll, this.#none, options.empty);
    this.update([]);
  }

  /** Shows other rows. */
  update(rows: readonly Row[]): void {
    this.#rows = rows;
    const { empty } = this.#options;
    const shown = this.#shown(rows);
    empty.hidden = rows.length > 0;
    // Does not interrupt typing.
    this.#tools.hidden = rows.length === 0 && !this.#tools.contains(document.activeElement);
    this.#none.hidden = rows.length === 0 || shown.length > 0;
    this.#scroll.hidden = shown.length === 0;
    this.#showSorting();
    const left = new Set(this.#lines.keys());
    let place = this.#body.firstElementChild;
    for (const [index, id] of distinctIds(shown, this.#options.idOf).entries()) {
      left.delete(id);
      const { element } = this.#show(id, shown[index]!);
      if (element === place) place = place.nextElementSibling;
      else this.#body.insertBefore(element, place);
    }
    for (const id of left) {
      this.#lines.get(id)!.element.remove();
      this.#lines.delete(id);
    }
  }

  #shown(rows: readonly Row[]): readonly Row[] {
    const { columns, search, choice } = this.#options;
    const filter = this.#search?.value.trim() ?? "";
    const chosen = this.#choice?.value ?? "";
    const kept = rows.filter((row) =>
      (filter === "" || matches(search!.texts(row), filter)) && (chosen === "" || choice!.of(row) === chosen)
    );
    const sortBy = columns.find(({ id }) => id === this.#sorting?.column)?.sortBy;
    return sortBy === undefined ? kept : sorted(kept, sortBy, this.#sorting!.isDescending);
  }

  #show(id: string, row: Row): Line {
    const { columns, isAlarm } = this.#options;
    let line = this.#lines.get(id);
    if (line === undefined) {
      const cells = columns.map(({ kind }) =>
        make("td", { className: kind ?? "", dir: kind === "number" ? "" : "auto" })
      );
      line = { element: make("tr", {}, ...cells), cells };
      this.#lines.set(id, line);
    }
    for (const [index, { text, kind, hint, mark }] of columns.entries()) {
      const cell = line.cells[index]!;
      const content = text(row);
      setText(cell, content);
      const title = hint?.(row) ?? (kind === "number" ? "" : content);
      if (cell.title !== title) cell.title = title;
      if (mark !== undefined) cell.dataset["mark"] = mark(row);
    }
    line.element.classList.toggle("alarm", isAlarm?.(row) ?? false);
    return line;
  }

  #head({ id, title, kind }: Column<Row>): HTMLTableCellElement {
    const button = make("button", { type: "button", textContent: title });
    const head = make("th", { scope: "col", className: kind === "number" ? "number" : "" }, button);
    head.dataset["column"] = id;
    this.#heads.set(id, head);
    return head;
  }

  #onHead(event: Event): void {
    const column = (event.target as Element).closest("button")?.closest("th")?.dataset["column"];
    if (column === undefined) return;
    const isSame = this.#sorting?.column === column;
    const kind = this.#options.columns.find(({ id }) => id === column)?.kind;
    // Numbers are sorted largest first.
    this.#sorting = { column, isDescending: isSame ? !this.#sorting!.isDescending : kind === "number" };
    this.update(this.#rows);
  }

  #showSorting(): void {
    for (const [id, head] of this.#heads) {
      const order = this.#sorting?.isDescending === true ? "descending" : "ascending";
      if (id === this.#sorting?.column) head.setAttribute("aria-sort", order);
      else head.removeAttribute("aria-sort");
    }
  }
}
