// Draws docs/metrics.svg, what hypervolume, IGD+ and additive epsilon measure, with the numbers that the module gives.
//
//   npm run build && node scripts/metrics-picture.mjs [DIST]
import { writeFileSync } from "node:fs";
import { fileURLToPath, pathToFileURL } from "node:url";

const dist = process.argv[2] ?? fileURLToPath(new URL("../dist", import.meta.url));
const metrics = await import(pathToFileURL(`${dist}/metrics/index.js`).href);

const A = [
  [5, 14],
  [10, 10],
  [15, 5],
];
const R = [
  [4, 16],
  [13, 12],
  [14.5, 7],
];
const sense = "max";
const x = (v) => 20 + 10 * v;
const y = (v) => 190 - 10 * v;
const dots = (points, fill) =>
  `<g fill="${fill}">${points.map(([a, b]) => `<circle cx="${x(a)}" cy="${y(b)}" r="4"/>`).join("")}</g>`;
/** The staircase of what points cover above the origin. */
const stairs = (points) =>
  `M20 ${y(points[0][1])}${points.map(([a], i) => `H${x(a)}V${y(points[i + 1]?.[1] ?? 0)}`).join("")}`;
const panel = (left, title, inside, lines) => `  <g transform="translate(${left},20)">
    <text x="90" y="5" text-anchor="middle" font-weight="bold">${title}</text>
    <path d="M20 190V10M20 190H200" stroke="#333" fill="none"/>
    <text x="14" y="18" text-anchor="end" fill="#555" font-size="11">2</text><text x="196" y="203" fill="#555" font-size="11">1</text>
    ${inside}
    ${lines.map((line, i) => `<text x="20" y="${220 + 16 * i}">${line}</text>`).join("")}
  </g>`;

const volume = metrics.hypervolume(A, { reference: [0, 0], sense }).value;
const igd = metrics.igdPlus(A, { sense, referenceSet: R }).value;
const epsilon = metrics.epsilonAdditive(A, { sense, referenceSet: R }).value;
/** From the point of A that falls least short of r to where it would reach r. */
const shortfalls = R.map((r) => {
  const moves = A.map((a) => [a, [Math.max(a[0], r[0]), Math.max(a[1], r[1])]]);
  const length = ([a, to]) => Math.hypot(to[0] - a[0], to[1] - a[1]);
  return moves.reduce((best, move) => (length(move) < length(best) ? move : best));
});
const line = (from, to) => `M${x(from[0])} ${y(from[1])}L${x(to[0])} ${y(to[1])}`;
const segments = shortfalls.map(([a, to]) => line(a, to)).join("");
/** What a point of A has beyond r does not count: from where the shortfall ends to r. */
const surplus = shortfalls.map(([, to], i) => line(to, R[i])).join("");
const moved = A.map(([a, b]) => [a + epsilon, b + epsilon]);
const both = dots(A, "#4c78a8") + dots(R, "#f58518");
const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 760 280" font-family="sans-serif" font-size="13">
  <title>What hypervolume, IGD+ and additive epsilon measure (two objectives, larger is better)</title>
  <rect width="760" height="280" fill="#fff"/>
${panel(
  20,
  `hypervolume = ${volume}`,
  `<path d="${stairs(A)}H20Z" fill="#9ecae9" stroke="#4c78a8"/>${dots(A, "#4c78a8")}<path d="M15 185L25 195M15 195L25 185" stroke="#333" stroke-width="2"/>`,
  ["area that A (blue) covers above", "the reference point (cross)"],
)}
${panel(
  270,
  `IGD+ = ${igd.toFixed(2)}`,
  `<path d="${surplus}" stroke="#999" stroke-dasharray="2 2"/><path d="${segments}" stroke="#e45756" stroke-width="2"/>${both}`,
  ["mean over R (orange) of how far A", "falls short (red; dashed: not counted)"],
)}
${panel(
  520,
  `additive epsilon = ${epsilon}`,
  `<path d="${stairs(A)}" fill="none" stroke="#4c78a8"/><path d="${stairs(moved)}" fill="none" stroke="#4c78a8" stroke-dasharray="4 3"/><path d="${A.map((a, i) => line(a, moved[i])).join("")}" stroke="#e45756"/>${both}`,
  ["least shift (red), the same in every", "objective, after which A covers R"],
)}
</svg>
`;
writeFileSync(new URL("../docs/metrics.svg", import.meta.url), svg);
