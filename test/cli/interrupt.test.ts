import { describe, expect, test } from "vitest";
import { Interrupted, interruptible } from "../../src/cli/interrupt.js";
import { Exited, FakeIo } from "./fake-io.js";

/** Work that stops when it is asked to. */
function obedient(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener("abort", () => reject(Object.assign(new Error("stopped"), { name: "AbortError" })));
  });
}

describe("the first signal", () => {
  test.each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const)("%s stops the work, says so once, and answers %i", async (signal, code) => {
    const io = new FakeIo();
    const farewells: string[] = [];
    const work = interruptible(io, (by) => farewells.push(by), obedient);
    io.signal(signal);
    const error = await work.then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    expect(error).toBeInstanceOf(Interrupted);
    expect(error).toMatchObject({ exitCode: code, name: "AbortError" });
    io.advance(10_000);
    expect(farewells).toEqual([signal]);
    expect(io.exits).toEqual([]);
    expect(io.listening).toBe(0);
  });

  test("work that does not stop is ended within a second", async () => {
    const io = new FakeIo();
    const farewells: string[] = [];
    void interruptible(
      io,
      (by) => farewells.push(by),
      () => new Promise(() => {}),
    );
    io.signal("SIGTERM");
    io.advance(500);
    expect(io.exits).toEqual([]);
    expect(() => io.advance(499)).toThrow(Exited);
    expect([io.exits, farewells]).toEqual([[143], ["SIGTERM"]]);
  });
});

test("a second signal ends the process at once", () => {
  const io = new FakeIo();
  void interruptible(
    io,
    () => {},
    () => new Promise(() => {}),
  );
  io.signal("SIGINT");
  expect(() => io.signal("SIGINT")).toThrow(Exited);
  expect(io.exits).toEqual([130]);
});

test("without a signal, results and errors pass through and nothing keeps listening", async () => {
  const io = new FakeIo();
  expect(
    await interruptible(
      io,
      () => {},
      async () => 7,
    ),
  ).toBe(7);
  await expect(
    interruptible(
      io,
      () => {},
      async () => {
        throw new RangeError("own fault");
      },
    ),
  ).rejects.toThrow(RangeError);
  expect(io.listening).toBe(0);
});

test("work that ends in time after a signal has ended: its result counts and no timer is left", async () => {
  const io = new FakeIo();
  const work = interruptible(
    io,
    () => {},
    (signal) =>
      new Promise<string>((resolve) => {
        signal.addEventListener("abort", () => resolve("finished just then"));
      }),
  );
  io.signal("SIGINT");
  expect(await work).toBe("finished just then");
  io.advance(10_000);
  expect(io.exits).toEqual([]);
});
