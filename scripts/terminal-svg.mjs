// Screens of a terminal, as they were sent to it, as one SVG: several take turns, like a recording. What a screen holds is
// text in the SVG too, every stretch of one style at its own place and of its own width, whatever font the reader has.
const CELL = { width: 8.4, height: 17, font: 14 };
const MARGIN = 14;
const GROUND = "#16181d";
const LETTERS = "#d8dbe0";

// biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences are what is read
const SGR = /\u001b\[([\d;]*)m/g;

/** [{ text, colour, bold, dim, inverse, x }] of one line with escape sequences for colour and weight. */
function stretches(line) {
  const found = [];
  let look = { colour: LETTERS, bold: false, dim: false, inverse: false };
  let x = 0;
  let from = 0;
  const take = (text) => {
    if (text !== "") found.push({ ...look, text, x });
    x += [...text].length;
  };
  for (const match of line.matchAll(SGR)) {
    take(line.slice(from, match.index));
    from = match.index + match[0].length;
    const codes = match[1].split(";").map(Number);
    for (let at = 0; at < codes.length; at++) {
      const code = codes[at];
      if (code === 0) look = { colour: LETTERS, bold: false, dim: false, inverse: false };
      else if (code === 1) look = { ...look, bold: true };
      else if (code === 2) look = { ...look, dim: true };
      else if (code === 22) look = { ...look, bold: false, dim: false };
      else if (code === 7) look = { ...look, inverse: true };
      else if (code === 27) look = { ...look, inverse: false };
      else if (code === 39) look = { ...look, colour: LETTERS };
      else if (code === 38 && codes[at + 1] === 2) {
        look = {
          ...look,
          colour: `#${codes
            .slice(at + 2, at + 5)
            .map((n) => n.toString(16).padStart(2, "0"))
            .join("")}`,
        };
        at += 4;
      } else throw new Error(`no picture of the escape sequence ${JSON.stringify(match[0])}`);
    }
  }
  take(line.slice(from));
  return found;
}

const escaped = (text) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
const number = (value) => String(Number(value.toFixed(1)));

function drawLine(line) {
  return stretches(line)
    .flatMap(({ text, colour, bold, dim, inverse, x }) => {
      const before = text.length - text.trimStart().length;
      const shown = inverse ? text : text.trim();
      const start = x + (inverse ? 0 : before);
      const count = [...shown].length;
      if (count === 0) return [];
      const width = number(count * CELL.width);
      const box = inverse
        ? `<rect x="${number(start * CELL.width)}" y="-13" width="${width}" height="${CELL.height}" fill="${dim ? "#7b8089" : colour}"/>`
        : "";
      const style = `${bold ? ' font-weight="700"' : ""}${dim && !inverse ? ' opacity=".58"' : ""}`;
      const fill = inverse ? GROUND : colour;
      return [
        `${box}<text x="${number(start * CELL.width)}" textLength="${width}"${fill === LETTERS ? "" : ` fill="${fill}"`}${style}>${escaped(shown)}</text>`,
      ];
    })
    .join("");
}

/**
 * @param frames [{ lines, seconds }]: what is on the screen, and for how long
 * @param title what the picture shows, for those who do not see it
 */
export function terminalSvg(frames, { columns, rows, title }) {
  const known = new Map();
  const idOf = (line) => {
    const id = known.get(line)?.id ?? `l${known.size.toString(36)}`;
    if (!known.has(line)) known.set(line, { id, drawn: drawLine(line) });
    return id;
  };
  const bodies = frames.map(({ lines }) =>
    lines.map((line, y) => (line.trim() === "" ? "" : `<use href="#${idOf(line)}" y="${y * CELL.height}"/>`)).join(""),
  );
  const [width, height] = [columns * CELL.width + 2 * MARGIN, rows * CELL.height + 2 * MARGIN];
  const total = frames.reduce((sum, { seconds }) => sum + seconds, 0);
  let begun = 0;
  const turns = frames.map(({ seconds }, at) => {
    const [from, to] = [(100 * begun) / total, (100 * (begun + seconds)) / total];
    begun += seconds;
    const share = (value) => `${Number(value.toFixed(2))}%`;
    return `@keyframes f${at}{0%{visibility:${at === 0 ? "visible" : "hidden"}}${at === 0 ? "" : `${share(from)}{visibility:visible}`}${to >= 99.99 ? "" : `${share(to)}{visibility:hidden}`}}.f${at}{animation:f${at} ${Number(total.toFixed(2))}s step-end infinite}`;
  });
  const style =
    frames.length === 1
      ? ""
      : `.f{visibility:hidden}${turns.join("")}@media(prefers-reduced-motion:reduce){.f{animation:none}.f${frames.length - 1}{visibility:visible}}`;
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${Math.ceil(width)}" height="${Math.ceil(height)}" viewBox="0 0 ${Math.ceil(width)} ${Math.ceil(height)}" role="img" aria-label="${escaped(title).replaceAll('"', "&quot;")}">
<style>text{white-space:pre}${style}</style>
<defs>${[...known.values()].map(({ id, drawn }) => `<g id="${id}">${drawn}</g>`).join("\n")}</defs>
<rect width="100%" height="100%" rx="8" fill="${GROUND}"/>
<g transform="translate(${MARGIN},${MARGIN + 13})" fill="${LETTERS}" font-family="ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace" font-size="${CELL.font}">
${bodies.map((body, at) => (frames.length === 1 ? body : `<g class="f f${at}">${body}</g>`)).join("\n")}
</g>
</svg>
`;
}
