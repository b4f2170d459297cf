/** Executables by key, compiled once; the least recently used are disposed of beyond a limit. */
import type { Executable } from "../engine/engine.js";

export class ExecutableCache {
  private readonly entries = new Map<string, Promise<Executable>>();

  /** @param limit executables kept; each holds its own copy of its constants. */
  constructor(private readonly limit: number) {}

  /** The executable of this key; a compilation that fails is forgotten. */
  async get(key: string, compile: () => Promise<Executable>): Promise<Executable> {
    const entry = this.entries.get(key) ?? compile();
    this.entries.delete(key);
    this.entries.set(key, entry);
    for (const [oldest, old] of this.entries) {
      if (this.entries.size <= this.limit) break;
      this.entries.delete(oldest);
      (await old).dispose();
    }
    try {
      return await entry;
    } catch (error) {
      if (this.entries.get(key) === entry) this.entries.delete(key);
      throw error;
    }
  }

  async dispose(): Promise<void> {
    const entries = [...this.entries.values()];
    this.entries.clear();
    for (const entry of entries) (await entry).dispose();
  }
}
