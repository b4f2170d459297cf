/** A drawing as plain text, for logs, reports and tests: what a region's functions draw, without a terminal. */
import { type Region, Screen } from "./screen.js";

/** Lines of at most `width` columns, no escape sequences. */
export function pictureText(width: number, height: number, draw: (region: Region) => void): string {
  const screen = new Screen(width, height);
  draw(screen.region);
  return screen.lines("plain").join("\n");
}
