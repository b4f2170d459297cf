/**
 * Compiled programs of one worker, by name. A program's name says everything its graph depends on (kind, shapes,
 * settings), so tasks of the same shape compile once.
 */
import type { CompileHints, Engine, Executable, Program, Signature } from "../engine/index.js";
import { ExecutableCache as RecentExecutables } from "../lm/executable-cache.js";

/**
 * Programs kept: each session holds weights and activations of its shape (some 100 MB for a small decoder's training step),
 * so those of tasks long done must go. More than any one task uses.
 */
const MOST_PROGRAMS = 20;

export class ExecutableCache {
  readonly #executables = new RecentExecutables(MOST_PROGRAMS);
  readonly #holders = new Map<string, { dispose(): void }>();

  constructor(readonly engine: Engine) {}

  /** The executable of that name, compiled by `build` where it is not kept; use it before asking for many others. */
  get(
    name: string,
    build: () => { program: Program; signature: Signature },
    hints: CompileHints = {},
  ): Promise<Executable> {
    return this.#executables.get(name, () => {
      const { program, signature } = build();
      return this.engine.compile(name, program, signature, hints);
    });
  }

  /** The same for a program that is a whole step, of which an engine may take several in one call. */
  step(name: string, build: () => { program: Program; signature: Signature }): Promise<Executable> {
    return this.get(name, build, this.engine.stepsPerCall === undefined ? {} : { series: true });
  }

  /** Something that holds programs of its own (a generator), made once and disposed of with the others. */
  holder<T extends { dispose(): void }>(name: string, build: () => T): T {
    const known = this.#holders.get(name);
    if (known !== undefined) return known as T;
    const holder = build();
    this.#holders.set(name, holder);
    return holder;
  }

  /** Gives the programs' memory back; holders keep theirs. */
  async release(): Promise<void> {
    await this.#executables.dispose();
  }

  async dispose(): Promise<void> {
    for (const holder of this.#holders.values()) holder.dispose();
    this.#holders.clear();
    await this.#executables.dispose();
  }
}
