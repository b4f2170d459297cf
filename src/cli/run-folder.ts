/** Finding the run that a command names. */
import { existsSync, readdirSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { nearestName } from "../bench/nearest-name.js";
import { InputError } from "../data/errors.js";

/** Where runs lie that were given no `--out`, relative to the working folder. */
export const RUNS = "reports/runs";

/**
 * The folder of a run named by path or by id.
 * @throws InputError where neither exists, with the nearest id
 */
export function runFolder(nameOrPath: string, cwd: string): string {
  for (const folder of [resolve(cwd, nameOrPath), join(cwd, RUNS, nameOrPath)]) {
    if (existsSync(join(folder, "run.json"))) return folder;
  }
  if (existsSync(resolve(cwd, nameOrPath))) {
    throw new InputError(`${nameOrPath}: not a run folder (it holds no run.json)`);
  }
  const ids = runIds(cwd);
  const near = nearestName(nameOrPath, ids);
  const hint = near === undefined ? "" : `; did you mean "${near}"?`;
  const known = ids.length === 0 ? `${RUNS} holds none` : `${RUNS} holds ${ids.length}`;
  throw new InputError(`there is no run "${nameOrPath}"${hint} (give a folder, or an id: ${known})`);
}

function runIds(cwd: string): string[] {
  const folder = join(cwd, RUNS);
  if (!existsSync(folder) || !statSync(folder).isDirectory()) return [];
  return readdirSync(folder)
    .filter((name) => existsSync(join(folder, name, "run.json")))
    .sort();
}
