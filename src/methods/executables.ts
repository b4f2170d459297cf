/**
 * Compiled programs of one worker, by name. A program's name says everything its graph depends on (kind, shapes,
 * settings), so tasks of the same shape compile once.
 */
import type { Engine, Executable, Program, Signature } from "../engine/index.js";

export class ExecutableCache {
  readonly #executables = new Map<string, Promise<Executable>>();
  readonly #holders = new Map<string, { dispose(): void }>();

  constructor(readonly engine: Engine) {}

  /** The executable of that name, compiled by `build` the first time. */
  get(name: string, build: () => { program: Program; signature: Signature }): Promise<Executable> {
    const known = this.#executables.get(name);
    if (known !== undefined) return known;
    const { program, signature } = build();
    const compiled = this.engine.compile(name, program, signature);
    this.#executables.set(name, compiled);
    // A failed compilation is not remembered: the next caller sees its own error.
    compiled.catch(() => this.#executables.delete(name));
    return compiled;
  }

  /** Something that holds programs of its own (a generator), made once and disposed of with the others. */
  holder<T extends { dispose(): void }>(name: string, build: () => T): T {
    const known = this.#holders.get(name);
    if (known !== undefined) return known as T;
    const holder = build();
    this.#holders.set(name, holder);
    return holder;
  }

  async dispose(): Promise<void> {
    for (const holder of this.#holders.values()) holder.dispose();
    this.#holders.clear();
    const executables = await Promise.allSettled(this.#executables.values());
    this.#executables.clear();
    for (const result of executables) if (result.status === "fulfilled") result.value.dispose();
  }
}
