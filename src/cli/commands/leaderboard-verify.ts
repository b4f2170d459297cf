/** `leaderboard verify`: every row from its scores; with `--rerun`, one row from nothing. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { stringify } from "yaml";
import { sanitise } from "../../bench/files/sanitise.js";
import { InputError } from "../../data/errors.js";
import { ENGINE_IDS } from "../../engine/engine.js";
import { basisOf } from "../../leaderboard/add-row.js";
import { type Execute, rerunRow } from "../../leaderboard/rerun-row.js";
import { readRows, type StoredRow } from "../../leaderboard/store.js";
import { exitCodeFor } from "../../leaderboard/verdict.js";
import { placeFaults, type VerifyDepth, verifyRow } from "../../leaderboard/verify-row.js";
import { headline } from "../../leaderboard/words.js";
import { type ExitCode, exitCodes, UsageError } from "../exit-codes.js";
import { interruptible } from "../interrupt.js";
import { type Io, writeJson } from "../io.js";
import type { BoardFlags } from "./leaderboard.js";

export interface VerifyFlags extends BoardFlags {
  readonly depth?: VerifyDepth;
  readonly rerun?: boolean;
  readonly data?: string;
}

/** @throws InputError where a row cannot be read */
export async function verify(id: string | undefined, flags: VerifyFlags, io: Io): Promise<ExitCode> {
  const rows = readRows(resolve(io.cwd, flags.root), flags.suite).filter(
    ({ row }) => id === undefined || row.id === id,
  );
  if (id !== undefined && rows.length === 0) throw new InputError(`${flags.root} holds no row "${id}"`);
  // Green for nothing looked at would be the worst answer to a mistyped folder or suite.
  if (rows.length === 0) {
    const of = flags.suite === undefined ? "" : ` of the suite "${flags.suite}"`;
    throw new InputError(`${flags.root} holds no row${of} to verify (--root DIR and --suite NAME say which)`);
  }
  const faulty = rows.flatMap((stored) => {
    const faults = [...placeFaults(stored), ...verifyRow(stored, flags.depth)];
    return faults.length === 0 ? [] : [{ id: stored.row.id, path: stored.path, faults }];
  });
  if (flags.rerun !== true) {
    if (flags.json === true) writeJson(io, { rows: rows.length, faulty });
    else told(rows.length, faulty, flags.depth ?? "all", io);
    return faulty.length === 0 ? exitCodes.fine : exitCodes.failed;
  }
  const [stored, more] = rows;
  if (stored === undefined || more !== undefined) {
    throw new UsageError("leaderboard verify --rerun takes one row: name it (an id of leaderboard --json)");
  }
  if (faulty.length > 0) {
    told(rows.length, faulty, flags.depth ?? "all", io);
    return exitCodes.failed;
  }
  return rerun(stored, flags, io);
}

function told(
  count: number,
  faulty: readonly { readonly id: string; readonly faults: readonly string[] }[],
  depth: VerifyDepth,
  io: Io,
): void {
  for (const { id, faults } of faulty) io.stdout.write(`${sanitise(id)}: ${sanitise(faults.join("; "))}\n`);
  const what = {
    hashes: "are the files that were added",
    points: "have the points of their scores",
    all: "follow from their scores",
  };
  io.stdout.write(`${count - faulty.length} of ${count} rows ${what[depth]}.\n`);
}

async function rerun(stored: StoredRow, flags: VerifyFlags, io: Io): Promise<ExitCode> {
  const { runSuite } = await import("../../bench/run.js");
  const place = mkdtempSync(join(tmpdir(), "mva-bench-rerun-"));
  const farewell = () => io.stderr.write("Stopped; nothing of the rerun is kept.\n");
  try {
    const found = await interruptible(io, farewell, (signal) => {
      const execute: Execute = async ({ suite, seeds, engine: wanted, threads, reuse }) => {
        const engine = ENGINE_IDS.find((known) => known === wanted);
        if (engine === undefined) throw new InputError(`${stored.path}: there is no engine "${wanted}"`);
        const file = join(place, "suite.yaml");
        writeFileSync(file, stringify(suite));
        io.stderr.write(`seed ${seeds.join(", ")} is run again on ${engine}, ${threads} threads\n`);
        const { folder } = await runSuite({
          suite: file,
          out: join(place, `seeds-${seeds.join("-")}`),
          data: flags.data === undefined ? undefined : resolve(io.cwd, flags.data),
          seeds,
          engine,
          threads,
          budgetPer: undefined,
          base: undefined,
          reuse,
          resume: undefined,
          cwd: io.cwd,
          now: io.now,
          signal,
          onFolder: () => {},
          onProgress: () => {},
          onNotice: (line) => io.stderr.write(`${sanitise(line)}\n`),
        });
        return folder;
      };
      return rerunRow(basisOf(stored), execute);
    });
    const { id, seeds } = stored.row;
    if (flags.json === true) writeJson(io, { id, ...found });
    else {
      const words =
        found.verdict === null
          ? "the same to the last bit"
          : `not the same bits; against the row: ${headline(found.verdict)}`;
      io.stdout.write(`${sanitise(id)}: ${found.same.length} of ${seeds.length} seeds are the same; ${words}\n`);
    }
    return found.verdict === null ? exitCodes.fine : exitCodeFor(found.verdict);
  } finally {
    rmSync(place, { recursive: true, force: true });
  }
}
