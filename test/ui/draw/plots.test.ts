/** Plots as a reader sees them, in each charset: the pictures lie in `golden/`. */
import { expect, test } from "vitest";
import { drawBar, drawWhisker } from "../../../src/ui/draw/bar.js";
import { CHARSETS, glyphsFor, markerAt } from "../../../src/ui/draw/glyphs.js";
import { drawHeatMap } from "../../../src/ui/draw/heat-map.js";
import { drawLines } from "../../../src/ui/draw/line-plot.js";
import { pictureText } from "../../../src/ui/draw/picture.js";
import { drawScatter } from "../../../src/ui/draw/scatter.js";
import { sparkline } from "../../../src/ui/draw/sparkline.js";

const front = [0.1, 0.3, 0.5, 0.7].map((x) => [x, 0.8 - x * x] as const);
const loss = Array.from({ length: 100 }, (_, i) => {
  const y = Math.exp(-i / 30) + 0.04 * Math.sin(i);
  return { x: i * 5, y, low: y - 0.1, high: y + 0.1 };
});

test.each(CHARSETS)("plots in %s", async (charset) => {
  const glyphs = glyphsFor(charset);
  const pictures = [
    pictureText(60, 10, (region) => void drawLines(region, glyphs, [{ points: loss, style: 0 }], { xTitle: "step" })),
    pictureText(60, 14, (region) => {
      const points = front.map(([x, y], at) => ({
        x,
        y,
        marker: markerAt(glyphs, at % 2),
        style: 0,
        chosen: at === 0,
      }));
      drawScatter(region, glyphs, {
        xTitle: "helpful",
        yTitle: "harmless",
        points,
        fronts: [{ corners: front, style: 0 }],
        reference: [0.2, 0.4],
      });
    }),
    pictureText(50, 4, (region) => {
      const cells = [
        [0.1, 0.9],
        [-0.4, undefined],
      ];
      drawHeatMap(region, glyphs, {
        rows: ["layer 0", "all"],
        columns: ["helpful", "harmless"],
        cells,
        scale: "diverging",
        most: 1,
        digits: 2,
      });
    }),
    pictureText(30, 2, (region) => {
      drawBar(region.part(0, 0, 30, 1), glyphs, 0.45, 0);
      drawWhisker(region.part(0, 1, 30, 1), glyphs, {
        low: 0.2,
        value: 0.3,
        high: 0.6,
        from: 0,
        to: 1,
        marker: markerAt(glyphs, 0),
        style: 0,
      });
    }),
    sparkline([1, 2, 3, 4, 5, Number.NaN, 4, 3], 10, glyphs),
  ];
  await expect(pictures.join("\n\n")).toMatchFileSnapshot(`golden/plots-${charset}.txt`);
});
