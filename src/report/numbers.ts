/** Numbers as a report shows them. `null`, and what is not finite, is shown as a dash: no figure is made up. */

export const DASH = "–";

/** Keeps a number and its unit on one line; the text report shows it as a plain space. */
export const NBSP = "\u00a0";

/** Three significant figures at least, never more than `digits` decimals. */
export function decimal(value: number | null | undefined, digits = 3): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return DASH;
  const text = value.toFixed(digits);
  return Number(text) === 0 ? (0).toFixed(digits) : minus(text);
}

export function integer(value: number): string {
  return Number.isFinite(value) ? minus(Math.round(value).toLocaleString("en-US")) : DASH;
}

/** A share as a percentage. */
export function percent(share: number | null | undefined, digits = 1): string {
  if (share === null || share === undefined || !Number.isFinite(share)) return DASH;
  return `${decimal(share * 100, digits)}${NBSP}%`;
}

/** With an explicit sign: a difference. */
export function signed(value: number | null | undefined, digits = 3): string {
  const text = decimal(value, digits);
  return value !== null && value !== undefined && Number(value.toFixed(digits)) > 0 ? `+${text}` : text;
}

export interface Bounds {
  readonly low: number;
  readonly high: number;
}

export function interval({ low, high }: Bounds, digits = 3): string {
  return `[${decimal(low, digits)}, ${decimal(high, digits)}]`;
}

/** Floating-point operations with a metric prefix: `3.1 TFLOP`. */
export function flops(value: number): string {
  if (!Number.isFinite(value)) return DASH;
  const prefixes = ["", "k", "M", "G", "T", "P", "E"];
  let scaled = value;
  let at = 0;
  while (Math.abs(scaled) >= 999.5 && at < prefixes.length - 1) {
    scaled /= 1000;
    at++;
  }
  const digits = at === 0 || Math.abs(scaled) >= 99.95 ? 0 : Math.abs(scaled) >= 9.995 ? 1 : 2;
  return `${decimal(scaled, digits)}${NBSP}${prefixes[at]}FLOP`;
}

/** `47 s`, `3 min 05 s`, `2 h 04 min`. */
export function duration(seconds: number): string {
  if (!Number.isFinite(seconds)) return DASH;
  if (seconds < 9.95) return `${decimal(seconds, 1)}${NBSP}s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole}${NBSP}s`;
  if (whole < 3600) return `${Math.floor(whole / 60)}${NBSP}min${NBSP}${String(whole % 60).padStart(2, "0")}${NBSP}s`;
  const minutes = Math.round(seconds / 60);
  return `${Math.floor(minutes / 60)}${NBSP}h${NBSP}${String(minutes % 60).padStart(2, "0")}${NBSP}min`;
}

/** A probability the way statisticians print it: never 0. */
export function probability(p: number | null): string {
  if (p === null || !Number.isFinite(p)) return DASH;
  return p < 0.001 ? "< .001" : p.toFixed(3).replace(/^0/, "");
}

/** The true minus sign, so that columns of figures line up and a hyphen is a hyphen. */
function minus(text: string): string {
  return text.replace(/^-/, "−");
}
