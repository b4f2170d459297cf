/** What the terminal can show and what the reader asked for, decided from flags and environment. Pure. */
import { CHARSETS, type Charset } from "../draw/glyphs.js";
import type { ColourDepth, Ground } from "../draw/style.js";

/**
 * `full`: the dashboard on a screen of its own. `plain`: lines that stay, and what moves below them. `log`: lines that stay.
 * `json`: events, one a line. `none`: nothing.
 */
export const DISPLAYS = ["full", "plain", "log", "json", "none"] as const;
export type Display = (typeof DISPLAYS)[number];

export { CHARSETS };

export interface Surroundings {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Whether what is drawn on is a terminal. */
  readonly outputTty: boolean;
  /** Whether keys can be read one by one. */
  readonly inputTty: boolean;
}

export interface DisplayFlags {
  readonly display?: Display;
  readonly charset?: Charset;
  readonly accessible?: boolean;
}

export interface Capability {
  readonly display: Display;
  readonly charset: Charset;
  readonly depth: ColourDepth;
  readonly ground: Ground;
  /** Lines that stay, words instead of signs, nothing drawn over. */
  readonly accessible: boolean;
  /** Why it is not the display that was asked for. */
  readonly notice?: string;
}

export function capabilityOf(surroundings: Surroundings, flags: DisplayFlags): Capability {
  const { env } = surroundings;
  const accessible = flags.accessible ?? isSet(env.ACCESSIBLE);
  const look = {
    charset: flags.charset ?? charsetOf(env),
    depth: depthOf(surroundings),
    ground: groundOf(env),
    accessible,
  };
  const asked = flags.display ?? (accessible ? "log" : "full");
  if (asked !== "full" && asked !== "plain") return { display: asked, ...look };
  if (accessible) return { display: "log", ...look, notice: "--accessible: lines that stay, nothing drawn over" };
  const drawing = whyNothingMoves(surroundings, flags.display !== undefined);
  const why = drawing ?? (asked === "full" && !surroundings.inputTty ? "the input is not a terminal" : undefined);
  if (why === undefined) return { display: asked, ...look };
  const display = drawing === undefined ? "plain" : "log";
  if (flags.display === undefined) return { display, ...look };
  return { display, ...look, notice: `no --display ${asked} here (${why}); --display ${display}` };
}

/** Why nothing can be drawn over, whatever the keyboard. */
function whyNothingMoves({ env, outputTty }: Surroundings, asked: boolean): string | undefined {
  if (!outputTty) return "the output is not a terminal";
  if (isDumb(env)) return "TERM=dumb";
  // Whoever asks for it in CI gets it.
  return !asked && isSet(env.CI) ? "CI is set" : undefined;
}

/**
 * Whether the terminal breaks its lines anew when it becomes narrower: all do but xterm, which names itself, GNU screen and
 * the Linux console.
 */
export function reflows(env: Surroundings["env"]): boolean {
  if (env.TMUX !== undefined && env.TMUX !== "") return true;
  return env.XTERM_VERSION === undefined && env.STY === undefined && env.TERM !== "linux";
}

function isDumb(env: Surroundings["env"]): boolean {
  return env.TERM === "dumb";
}

function isSet(value: string | undefined): boolean {
  return value !== undefined && value !== "" && value !== "0" && value.toLowerCase() !== "false";
}

/** Braille where text is UTF-8; the Linux console's font lacks it but has blocks. */
function charsetOf(env: Surroundings["env"]): Charset {
  if (isDumb(env)) return "ascii";
  const locale = env.LC_ALL || env.LC_CTYPE || env.LANG || "";
  // No locale at all says nothing; one that names another encoding, or C, does.
  if (locale !== "" && !/utf-?8/i.test(locale)) return "ascii";
  return env.TERM === "linux" ? "block" : "braille";
}

/** NO_COLOR and FORCE_COLOR as no-color.org and force-color.org have them. */
function depthOf({ env, outputTty }: Surroundings): ColourDepth {
  if (env.NO_COLOR !== undefined && env.NO_COLOR !== "") return "none";
  switch (env.FORCE_COLOR) {
    case "0":
    case "false":
      return "none";
    case "2":
      return "256";
    case "3":
      return "true";
    case undefined:
      if (!outputTty || isDumb(env)) return "none";
      break;
    default:
      break;
  }
  if (/^(truecolor|24bit)$/i.test(env.COLORTERM ?? "")) return "true";
  if (/-256(color)?$|^xterm-kitty$|^alacritty$/.test(env.TERM ?? "")) return "256";
  return "16";
}

/** Some terminals say "letters;ground" in numbers of the 16 colours. */
function groundOf(env: Surroundings["env"]): Ground {
  const last = env.COLORFGBG?.split(";").at(-1);
  return last === "7" || last === "15" ? "light" : "dark";
}
