/** Who is who in a picture: signs and names, in as many rows as they take. */
import { shownWidth } from "../draw/screen.js";
import { dim, type Style } from "../draw/style.js";
import type { Line } from "./look.js";

export interface Entry {
  readonly sign: string;
  readonly style: Style;
  readonly name: string;
}

/** Columns between two entries. */
const GAP = 2;

export function legend(entries: readonly Entry[], width: number): Line[] {
  const rows: Entry[][] = [];
  let used = width;
  for (const entry of entries) {
    const size = shownWidth(entry.sign) + 1 + shownWidth(entry.name) + GAP;
    if (used + size > width + GAP) {
      rows.push([]);
      used = 0;
    }
    rows.at(-1)?.push(entry);
    used += size;
  }
  return rows.map((row) =>
    row.flatMap(
      ({ sign, style, name }): Line => [
        [sign, style],
        [` ${name}${" ".repeat(GAP)}`, dim()],
      ],
    ),
  );
}
