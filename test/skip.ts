/**
 * Skipping that can be seen: a test that needs something this machine may lack says what, and the reporter prints it
 * under the results. A silent skip would look like a pass.
 */
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { TestContext } from "vitest";

const shared = process.env.MVA_BENCH_SHARED ?? fileURLToPath(new URL("../../shared/", import.meta.url));

/** Skips the running test, with a reason that is printed. */
export function skipVisibly(context: Pick<TestContext, "skip">, reason: string): never {
  return context.skip(reason) as never;
}

/** The absolute path of `path` in the shared folder beside the checkout; skips the running test where it is absent. */
export function sharedFolder(context: Pick<TestContext, "skip">, path: string): string {
  const full = sharedPath(path);
  return full ?? skipVisibly(context, `../shared/${path} is absent`);
}

/** The same, for use outside a test: `undefined` where it is absent. */
export function sharedPath(path: string): string | undefined {
  const full = `${shared.replace(/\/$/, "")}/${path}`;
  return existsSync(full) ? full : undefined;
}
