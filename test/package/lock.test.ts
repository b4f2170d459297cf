/** The lock file fits every platform: one made where a platform's package could not be had breaks `npm ci` for all. */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";

interface LockEntry {
  readonly version?: string;
  readonly integrity?: string;
  readonly resolved?: string;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

const lock = JSON.parse(readFileSync(new URL("../../package-lock.json", import.meta.url), "utf8")) as {
  packages: Record<string, LockEntry>;
};

test("every optional (platform) dependency of a locked package is locked too", () => {
  const missing = Object.entries(lock.packages).flatMap(([path, entry]) =>
    Object.keys(entry.optionalDependencies ?? {})
      .filter((name) => !(`node_modules/${name}` in lock.packages || `${path}/node_modules/${name}` in lock.packages))
      .map((name) => `${path} -> ${name}`),
  );
  expect(missing).toEqual([]);
});

test("every locked package has its hash and names no host it must come from", () => {
  const entries = Object.entries(lock.packages).filter(([path]) => path !== "");
  expect(entries.filter(([, entry]) => entry.integrity === undefined).map(([path]) => path)).toEqual([]);
  expect(entries.filter(([, entry]) => entry.resolved !== undefined).map(([path]) => path)).toEqual([]);
});
