/** Faults of a file that somebody else made: as many as help at once, and how many there are. */
import { InputError } from "../data/errors.js";

/** Shown at once. */
const SHOWN = 10;

export class Faults {
  readonly #shown: string[] = [];
  #count = 0;

  add(fault: string): void {
    if (this.#shown.length < SHOWN) this.#shown.push(fault);
    this.#count++;
  }

  get count(): number {
    return this.#count;
  }

  /** @throws FaultyInput where there are any */
  refuse(): void {
    if (this.#count > 0) throw new FaultyInput(this.#shown, this.#count);
  }
}

/** Bad input with more than one fault: each is a line. */
export class FaultyInput extends InputError {
  constructor(
    readonly faults: readonly string[],
    readonly count: number,
  ) {
    super(`${faults.join("; ")}${count > faults.length ? `; and ${count - faults.length} more` : ""}`);
  }

  /** One a fault, at most ten, and how many more there are. */
  get lines(): readonly string[] {
    const more = this.count - this.faults.length;
    return more > 0 ? [...this.faults, `and ${more} more`] : this.faults;
  }
}
