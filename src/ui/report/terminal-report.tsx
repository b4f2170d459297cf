/**
 * A report on a terminal: the sentences and tables of the text form, with pictures. Ink lays it out (figures of one kind
 * stand side by side where there is room); what each part shows is drawn on cells, so that nothing in it can steer a
 * terminal or be wider than it.
 */
import { Box, renderToString, Text } from "ink";
import type { Block, Figure, Report, SampleSet, Section } from "../../report/model.js";
import { decimal } from "../../report/numbers.js";
import { renderTable } from "../../report/table.js";
import { wrap } from "../../report/text-width.js";
import type { Screen } from "../draw/screen.js";
import { bold, dim, PLAIN, type Style, seriesStyle } from "../draw/style.js";
import { captionOf, drawFigure, legendOf } from "./figure.js";
import { type Line, type Look, page } from "./look.js";

/** Columns that a picture of two values needs to stand beside another. */
const BESIDE = 62;
const GAP = 3;

/** @returns lines of at most `look.width` columns, with escape sequences for colours and nothing else */
export function renderTerminalReport(report: Report, look: Look): string {
  const text = renderToString(<ReportView report={report} look={look} />, { columns: look.width });
  return `${text
    .split("\n")
    .map((line) => line.trimEnd())
    .join("\n")
    .trimEnd()}\n`;
}

interface Looked {
  readonly look: Look;
}

function ReportView({ report, look }: Looked & { readonly report: Report }) {
  const { leader, differences } = report.summary;
  const wins = leader !== null && differences.length > 0 && differences.every(({ shown }) => shown);
  const sections = [...report.headline, ...report.sections].filter(({ filesOnly }) => filesOnly !== true);
  return (
    <Box flexDirection="column" width={look.width}>
      <Picture look={look} screen={page(wrapped(report.title, look, bold()), look)} />
      <Picture look={look} screen={page(wrapped(report.subtitle, look, dim()), look)} />
      {sections.map((section, at) => (
        <SectionView
          key={section.heading}
          look={look}
          section={section}
          opening={at > 0 ? PLAIN : bold(wins ? seriesStyle(2) : PLAIN)}
        />
      ))}
    </Box>
  );
}

/** @param opening how its first sentence looks: the report's very first is what a reader came for */
function SectionView({ look, section, opening }: Looked & { readonly section: Section; readonly opening: Style }) {
  const { heading, blocks } = section;
  const rule = look.glyphs.box[4];
  const title: Line = [
    [`${rule.repeat(2)} `, dim()],
    [heading, bold()],
    [` ${rule.repeat(Math.max(0, look.width - heading.length - 4))}`, dim()],
  ];
  const bodies = blocks.flatMap((block, at) => {
    const body = viewOf(block, look, at === 0 ? opening : PLAIN);
    return body === null ? [] : [{ key: `${heading} ${at}`, body }];
  });
  if (bodies.length === 0) return null;
  return (
    <Box flexDirection="column" marginTop={1}>
      <Picture look={look} screen={page([title], look)} />
      {bodies.map(({ key, body }, at) => (
        <Box key={key} flexDirection="column" marginTop={at === 0 ? 0 : 1}>
          {body}
        </Box>
      ))}
    </Box>
  );
}

/** Null where a block has nothing for a terminal. */
function viewOf(block: Block, look: Look, opening: Style) {
  switch (block.kind) {
    case "sentences": {
      const lines = block.sentences.flatMap((sentence, at) => wrapped(sentence, look, at === 0 ? opening : PLAIN));
      return lines.length === 0 ? null : <Picture look={look} screen={page(lines, look)} />;
    }
    case "table": {
      const rule = /^─+$/;
      const lines = renderTable(block.table, look.width).map(
        (line): Line => (rule.test(line) ? [[look.glyphs.box[4].repeat(line.length), dim()]] : [[line]]),
      );
      const notes = block.notes.flatMap((note) => wrapped(note, look, dim(), "  "));
      return <Picture look={look} screen={page([...lines, ...notes], look)} />;
    }
    case "figure":
      return figureView(block.figure, look);
    case "choice":
      return choiceView(block.figures, look);
    case "sample":
      return <Picture look={look} screen={page(sampleLines(block.sample, look), look)} />;
    case "command":
      return <Picture look={look} screen={page(wrapped(block.command, look, bold()), look)} />;
    case "code":
      return (
        <Picture
          look={look}
          screen={page(
            block.code.split("\n").map((line): Line => [[line]]),
            look,
          )}
        />
      );
    default:
      return block satisfies never;
  }
}

function figureView(figure: Figure, look: Look) {
  const screen = drawFigure(figure, look);
  if (screen === undefined) return null;
  const caption = [...legendOf(figure, look), ...wrapped(captionOf(figure), look, dim())];
  return (
    <Box flexDirection="column">
      <Picture look={look} screen={screen} />
      <Picture look={look} screen={page(caption, look)} />
    </Box>
  );
}

/** As many beside one another as there is room for; the caption that they share, once. */
function choiceView(figures: readonly Figure[], look: Look) {
  const across = Math.max(1, Math.min(figures.length, Math.floor((look.width + GAP) / (BESIDE + GAP))));
  const width = Math.floor((look.width + GAP) / across) - GAP;
  const drawn = figures.flatMap((figure) => {
    const screen = drawFigure(figure, { ...look, width });
    return screen === undefined ? [] : [{ figure, screen }];
  });
  if (drawn.length === 0) return null;
  const [first] = drawn;
  // Figures of one kind are of the same series.
  const legend = first === undefined ? [] : legendOf(first.figure, look);
  const captions = [...new Set(drawn.map(({ figure }) => captionOf(figure)))];
  return (
    <Box flexDirection="column">
      <Box flexWrap="wrap" columnGap={GAP} rowGap={1}>
        {drawn.map(({ figure, screen }) => (
          <Box key={figure.name} width={width} flexShrink={0} flexDirection="column">
            <Picture look={look} screen={screen} />
            {captions.length > 1 ? (
              <Picture
                look={look}
                screen={page(wrapped(captionOf(figure), { ...look, width }, dim()), { ...look, width })}
              />
            ) : null}
          </Box>
        ))}
      </Box>
      <Picture
        look={look}
        screen={page([...legend, ...(captions.length > 1 ? [] : wrapped(captions[0] ?? "", look, dim()))], look)}
      />
    </Box>
  );
}

function sampleLines({ prompt, values, replies }: SampleSet, look: Look): Line[] {
  return [
    ...wrapped(`“${prompt}”`, look, bold()),
    ...replies.flatMap(({ candidate, text, ended, scores }) => {
      const marks = values.map((value, k) => `${value} ${decimal(scores[k] ?? null, 2)}`).join(", ");
      return [
        ...wrapped(`${candidate}: ${marks}`, look, dim(), "  "),
        ...wrapped(`${text || look.glyphs.dash}${ended ? "" : " …"}`, look, PLAIN, "    "),
      ];
    }),
  ];
}

function wrapped(text: string, { width }: Pick<Look, "width">, style = PLAIN, indent = ""): Line[] {
  return wrap(text, width - indent.length).map((line): Line => [[indent], [line, style]]);
}

function Picture({ look, screen }: Looked & { readonly screen: Screen }) {
  if (screen.height === 0) return null;
  return <Text wrap="truncate">{screen.lines(look.depth, look.ground).join("\n")}</Text>;
}
