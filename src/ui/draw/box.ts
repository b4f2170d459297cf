/** A frame with a title in its upper edge, and what stands at its right. */
import type { Glyphs } from "./glyphs.js";
import { type Region, shownWidth } from "./screen.js";
import { bold, dim, PLAIN, type Style } from "./style.js";

export interface BoxOptions {
  readonly title: string;
  /** At the right of the upper edge. */
  readonly note?: string;
  readonly titleStyle?: Style;
}

/** Draws the frame and returns what lies inside it, one column of air at each side. */
export function drawBox(region: Region, glyphs: Glyphs, { title, note = "", titleStyle = PLAIN }: BoxOptions): Region {
  const { width, height } = region;
  const [upperLeft, upperRight, lowerRight, lowerLeft, horizontal, vertical] = glyphs.box;
  const edge = dim();
  if (width < 2 || height < 2) return region.part(0, 0, 0, 0);
  region.put(0, 0, upperLeft + horizontal.repeat(width - 2) + upperRight, edge);
  for (let y = 1; y < height - 1; y++) {
    region.put(0, y, vertical, edge);
    region.put(width - 1, y, vertical, edge);
  }
  region.put(0, height - 1, lowerLeft + horizontal.repeat(width - 2) + lowerRight, edge);
  const end = title === "" ? 2 : region.part(0, 0, width - 2, 1).put(2, 0, ` ${title} `, bold(titleStyle));
  const room = width - 3 - end;
  if (note !== "" && shownWidth(note) + 2 <= room) region.putRight(width - 2, 0, ` ${note} `, edge);
  return region.part(2, 1, width - 4, height - 2);
}
