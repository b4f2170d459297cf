import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { expect, onTestFinished, test } from "vitest";
import { lockFolder } from "../../../src/bench/files/index.js";
import { InputError } from "../../../src/data/errors.js";
import { WriteError } from "../../../src/lm/atomic-file.js";
import { skipVisibly } from "../../skip.js";
import { temporaryFolder } from "./temporary-folder.js";

interface Holder {
  readonly pid: number;
  readonly host: string;
  readonly start: string | null;
  readonly token: string;
}

const here: Holder = { pid: process.pid, host: hostname(), start: null, token: "other" };

function held(changes: Partial<Holder> | string): string {
  const dir = temporaryFolder();
  writeFileSync(join(dir, "run.lock"), typeof changes === "string" ? changes : JSON.stringify({ ...here, ...changes }));
  return dir;
}

/** The number of a process that has ended. */
function deadProcess(): number {
  return spawnSync(process.execPath, ["-e", ""]).pid;
}

test("a folder is made, taken once, and free again after its release", () => {
  const dir = join(temporaryFolder(), "a", "b");
  const first = lockFolder(dir);
  expect(() => lockFolder(dir)).toThrow(InputError);
  expect(() => lockFolder(dir)).toThrow(
    /another run \(process \d+\) writes here; wait for it, or choose another --out/,
  );
  expect(readdirSync(dir)).toEqual(["run.lock"]);
  first.release();
  expect(readdirSync(dir)).toEqual([]);
  const second = lockFolder(dir);
  first.release();
  expect(() => lockFolder(dir)).toThrow(InputError);
  second.release();
});

test("the lock of a process that runs is kept, that of one that was killed is taken over", async () => {
  const child = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"], { stdio: "ignore" });
  onTestFinished(() => void child.kill("SIGKILL"));
  await once(child, "spawn");
  const dir = held({ pid: child.pid as number });
  expect(() => lockFolder(dir)).toThrow(new RegExp(`process ${child.pid}`));
  child.kill("SIGKILL");
  await once(child, "exit");
  const lock = lockFolder(dir);
  expect((JSON.parse(readFileSync(join(dir, "run.lock"), "utf8")) as Holder).pid).toBe(process.pid);
  expect(readdirSync(dir)).toEqual(["run.lock"]);
  lock.release();
});

test("a dead process whose number lives on in another is told by its start", (ctx) => {
  if (process.platform !== "linux") ctx.skip("the start of a process is read from /proc");
  const dir = held({ start: "1" });
  lockFolder(dir).release();
  expect(readdirSync(dir)).toEqual([]);
});

test("a lock that was half-written before the machine went down is taken over", () => {
  for (const content of ["", '{"pid": 1', '{"pid": "x"}']) lockFolder(held(content)).release();
});

test("another machine's process cannot be asked: its lock is kept, and how to remove it is said", () => {
  const dir = held({ pid: deadProcess(), host: "elsewhere" });
  expect(() => lockFolder(dir)).toThrow(
    /a run on elsewhere \(process \d+\) writes here; if it is dead, delete .*run\.lock/,
  );
});

test("of many processes that take over a dead one's folder at once, one gets it", async (ctx) => {
  const built = fileURLToPath(new URL("../../../dist/bench/files/folder-lock.js", import.meta.url));
  if (!existsSync(built)) skipVisibly(ctx, "dist/ is not built: child processes run the built package");
  const dir = held({ pid: deadProcess() });
  const script = `
    const { lockFolder } = await import(${JSON.stringify(pathToFileURL(built).href)});
    process.stdin.once("data", () => {
      let outcome = "got";
      try { lockFolder(${JSON.stringify(dir)}); } catch (error) { outcome = error.name; }
      process.stdout.write(outcome);
    });
    process.stdin.on("end", () => process.exit(0));
    process.stdout.write("ready\\n");`;
  const children = Array.from({ length: 6 }, () =>
    spawn(process.execPath, ["--input-type=module", "-e", script], { stdio: ["pipe", "pipe", "inherit"] }),
  );
  await Promise.all(children.map((child) => once(child.stdout, "data")));
  const outcomes = children.map(async (child) => String((await once(child.stdout, "data"))[0]));
  for (const child of children) child.stdin.write("go");
  const names = await Promise.all(outcomes);
  const ended = children.map((child) => once(child, "exit"));
  for (const child of children) child.stdin.end();
  await Promise.all(ended);
  expect(names.toSorted()).toEqual([...Array(5).fill("InputError"), "got"]);
});

test("a folder that cannot be made is the user's fault", () => {
  const dir = temporaryFolder();
  writeFileSync(join(dir, "file"), "");
  try {
    lockFolder(join(dir, "file", "run"));
    expect.fail("nothing was thrown");
  } catch (error) {
    expect(error).toBeInstanceOf(WriteError);
    expect((error as WriteError).exitCode).toBe(2);
  }
});
