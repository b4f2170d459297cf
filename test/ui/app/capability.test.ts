import { describe, expect, test } from "vitest";
import { capabilityOf, type DisplayFlags, reflows } from "../../../src/ui/app/capability.js";

type Env = Record<string, string>;
const onTerminal = (env: Env = {}, flags: DisplayFlags = {}) =>
  capabilityOf(
    { env: { TERM: "xterm-256color", LANG: "en_US.UTF-8", ...env }, outputTty: true, inputTty: true },
    flags,
  );
const piped = (env: Env = {}, flags: DisplayFlags = {}) =>
  capabilityOf({ env, outputTty: false, inputTty: false }, flags);

describe("which display", () => {
  test("the dashboard on a terminal; lines where it is piped, in CI and on a dumb terminal", () => {
    expect(onTerminal().display).toBe("full");
    expect(piped().display).toBe("log");
    expect(onTerminal({ CI: "true" }).display).toBe("log");
    expect(onTerminal({ CI: "false" }).display).toBe("full");
    expect(onTerminal({ TERM: "dumb" }).display).toBe("log");
  });

  test("keys that cannot be read make no dashboard", () => {
    const { display } = capabilityOf({ env: { TERM: "xterm" }, outputTty: true, inputTty: false }, {});
    expect(display).toBe("plain");
  });

  test("what is asked for is given, also in CI; where it cannot be, the fall-back is said", () => {
    expect(onTerminal({ CI: "1" }, { display: "full" })).toMatchObject({ display: "full" });
    expect(piped({}, { display: "full" })).toMatchObject({
      display: "log",
      notice: "no --display full here (the output is not a terminal); --display log",
    });
    expect(piped({}, { display: "plain" })).toMatchObject({
      display: "log",
      notice: "no --display plain here (the output is not a terminal); --display log",
    });
    expect(onTerminal({ TERM: "dumb" }, { display: "plain" }).display).toBe("log");
    expect(onTerminal({ CI: "1" }, { display: "plain" })).toMatchObject({ display: "plain" });
    const noKeys = capabilityOf({ env: { TERM: "xterm" }, outputTty: true, inputTty: false }, { display: "full" });
    expect(noKeys.notice).toBe("no --display full here (the input is not a terminal); --display plain");
    expect(piped({}, { display: "json" }).display).toBe("json");
    expect(onTerminal({}, { display: "none" }).display).toBe("none");
  });

  test("accessible, by flag or ACCESSIBLE=1, is lines that stay, whatever the terminal can do", () => {
    expect(onTerminal({}, { accessible: true })).toMatchObject({ display: "log", accessible: true });
    expect(onTerminal({ ACCESSIBLE: "1" })).toMatchObject({ display: "log", accessible: true });
    expect(onTerminal({ ACCESSIBLE: "0" }).display).toBe("full");
    expect(onTerminal({}, { accessible: true, display: "plain" }).display).toBe("log");
    expect(onTerminal({}, { accessible: true, display: "full" }).notice).toContain("lines that stay");
  });
});

test("charset by flag, else by locale and terminal", () => {
  expect(onTerminal().charset).toBe("braille");
  expect(onTerminal({ LANG: "C" }).charset).toBe("ascii");
  expect(onTerminal({ LANG: "C", LC_ALL: "C.UTF-8" }).charset).toBe("braille");
  expect(onTerminal({ TERM: "linux" }).charset).toBe("block");
  expect(onTerminal({ LANG: "C" }, { charset: "block" }).charset).toBe("block");
});

test("colours by NO_COLOR, FORCE_COLOR, COLORTERM and TERM, in this order", () => {
  expect(onTerminal().depth).toBe("256");
  expect(onTerminal({ TERM: "xterm" }).depth).toBe("16");
  expect(onTerminal({ COLORTERM: "truecolor" }).depth).toBe("true");
  expect(onTerminal({ NO_COLOR: "1", FORCE_COLOR: "3" }).depth).toBe("none");
  expect(onTerminal({ NO_COLOR: "" }).depth).toBe("256");
  expect(piped({ TERM: "xterm-256color" }).depth).toBe("none");
  expect(piped({ TERM: "xterm-256color", FORCE_COLOR: "1" }).depth).toBe("256");
  expect(piped({ FORCE_COLOR: "3" }).depth).toBe("true");
  expect(onTerminal({ FORCE_COLOR: "0" }).depth).toBe("none");
});

test("the ground by COLORFGBG, dark where nothing is said", () => {
  expect(onTerminal({ COLORFGBG: "0;15" }).ground).toBe("light");
  expect(onTerminal({ COLORFGBG: "15;default;0" }).ground).toBe("dark");
  expect(onTerminal().ground).toBe("dark");
});

test("lines are broken anew in a narrower window, but not by xterm, GNU screen and the Linux console", () => {
  expect(reflows({ TERM: "xterm-256color" })).toBe(true);
  expect(reflows({ TERM: "screen", TMUX: "/tmp/tmux,1,0", XTERM_VERSION: "XTerm(390)" })).toBe(true);
  expect(reflows({ TERM: "xterm-256color", XTERM_VERSION: "XTerm(390)" })).toBe(false);
  expect(reflows({ TERM: "screen", STY: "12.pts" })).toBe(false);
  expect(reflows({ TERM: "linux" })).toBe(false);
});
