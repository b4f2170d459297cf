/** Several processes that add rows to one leaderboard at once. */
import { execFile } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import { readRows } from "../../src/leaderboard/store.js";
import { verifyRow } from "../../src/leaderboard/verify-row.js";
import { temporaryFolder } from "../bench/files/temporary-folder.js";
import { skipVisibly } from "../skip.js";
import { suites, writeBoardRun } from "./board-run.js";

const dist = fileURLToPath(new URL("../../dist/leaderboard/add-row.js", import.meta.url));
const run = promisify(execFile);

/** Adds `folders[from…]`, one after the other, each twice. The suite is one that the test hands in. */
const PROGRAM = `
const { addRuns } = await import(process.env.ADD);
const { suiteSchema } = await import(new URL("../bench/suite.js", process.env.ADD));
const { readFileSync } = await import("node:fs");
const [root, ...folders] = process.argv.slice(1);
for (const folder of [...folders, ...folders]) {
  const suite = suiteSchema.parse(JSON.parse(readFileSync(folder + "/run.json", "utf8")).suite);
  addRuns([{ folder, source: folder }], { root, suites: () => suite });
}
`;

describe("adding at once", () => {
  test("leaves every row whole, and no half file", async (context) => {
    if (!existsSync(dist)) skipVisibly(context, "dist/leaderboard is not built (npm run build)");
    const folder = temporaryFolder();
    const root = join(folder, "board");
    const runs = [1, 2, 3, 4].map((seed) => join(folder, `s${seed}`));
    runs.forEach((path, i) => {
      writeBoardRun(path, { seeds: [i + 1] });
    });
    // Each process adds all of them, beginning at another one.
    await Promise.all(
      runs.map((_, at) =>
        run(process.execPath, ["--input-type=module", "-e", PROGRAM, root, ...runs.slice(at), ...runs.slice(0, at)], {
          env: { ...process.env, ADD: new URL(`file://${dist}`).href },
        }),
      ),
    );
    const rows = readRows(root);
    expect(rows.map(({ row }) => row.seeds)).toEqual([[1], [2], [3], [4]]);
    expect(rows.flatMap((stored) => verifyRow(stored, "all", suites))).toEqual([]);
    expect(readdirSync(join(root, "small"))).toHaveLength(3 * 4);
  });
});
