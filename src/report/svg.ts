/** Small vector pictures, written as text: markup with escaped content, axes with sensible ticks, a palette. */

/** Okabe and Ito's colours that stay apart on white and on black, for every common colour blindness. */
export const PALETTE = [
  "#0072b2",
  "#d55e00",
  "#009e73",
  "#cc79a7",
  "#e69f00",
  "#56b4e9",
  "#8c6bb1",
  "#7f7f7f",
] as const;

export type MarkerShape = "circle" | "square" | "triangle" | "diamond" | "cross" | "plus" | "star";
export const MARKERS: readonly MarkerShape[] = ["circle", "square", "triangle", "diamond", "cross", "plus", "star"];

export interface Style {
  readonly colour: string;
  readonly marker: MarkerShape;
}

/** The style of the series at `index`: colour and marker both differ, so that neither alone has to be told apart. */
export function styleAt(index: number): Style {
  return {
    colour: PALETTE[index % PALETTE.length] ?? PALETTE[0],
    marker: MARKERS[index % MARKERS.length] ?? "circle",
  };
}

type Attributes = Readonly<Record<string, string | number>>;

export function element(name: string, attributes: Attributes, ...children: readonly string[]): string {
  const written = Object.entries(attributes)
    .map(([key, value]) => ` ${key}="${typeof value === "number" ? coordinate(value) : escapeMarkup(value)}"`)
    .join("");
  return children.length === 0 ? `<${name}${written}/>` : `<${name}${written}>${children.join("")}</${name}>`;
}

export function text(attributes: Attributes, content: string): string {
  return element("text", attributes, escapeMarkup(content));
}

/** For element content and attribute values, in HTML and XML alike. */
export function escapeMarkup(content: string): string {
  return content
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;")
    .replaceAll("'", "&#39;");
}

function coordinate(value: number): string {
  return String(Math.round(value * 100) / 100);
}

/** A standalone picture: text takes the page's colour, so that it reads on light and on dark. */
export function picture(width: number, height: number, title: string, ...children: readonly string[]): string {
  return element(
    "svg",
    {
      xmlns: "http://www.w3.org/2000/svg",
      viewBox: `0 0 ${width} ${height}`,
      width,
      height,
      role: "img",
      "font-family": "system-ui, sans-serif",
      "font-size": "12",
      fill: "currentColor",
    },
    element("title", {}, escapeMarkup(title)),
    ...children,
  );
}

export function marker(shape: MarkerShape, x: number, y: number, size: number, paint: Attributes): string {
  const polygon = (points: readonly (readonly [number, number])[]): string =>
    element("polygon", {
      points: points.map(([dx, dy]) => `${coordinate(x + dx)},${coordinate(y + dy)}`).join(" "),
      ...paint,
    });
  const strokes = (lines: readonly (readonly [number, number, number, number])[]): string =>
    element("path", {
      d: lines
        .map(
          ([x1, y1, x2, y2]) =>
            `M${coordinate(x + x1)} ${coordinate(y + y1)}L${coordinate(x + x2)} ${coordinate(y + y2)}`,
        )
        .join(""),
      ...paint,
    });
  switch (shape) {
    case "circle":
      return element("circle", { cx: x, cy: y, r: size, ...paint });
    case "square":
      return element("rect", { x: x - size * 0.9, y: y - size * 0.9, width: size * 1.8, height: size * 1.8, ...paint });
    case "triangle":
      return polygon([
        [0, -size * 1.2],
        [size * 1.1, size * 0.8],
        [-size * 1.1, size * 0.8],
      ]);
    case "diamond":
      return polygon([
        [0, -size * 1.3],
        [size * 1.3, 0],
        [0, size * 1.3],
        [-size * 1.3, 0],
      ]);
    case "cross":
      return strokes([
        [-size, -size, size, size],
        [-size, size, size, -size],
      ]);
    case "plus":
      return strokes([
        [-size * 1.2, 0, size * 1.2, 0],
        [0, -size * 1.2, 0, size * 1.2],
      ]);
    case "star":
      return polygon(
        Array.from({ length: 10 }, (_, i) => {
          const radius = i % 2 === 0 ? size * 1.5 : size * 0.6;
          const angle = (Math.PI * i) / 5 - Math.PI / 2;
          return [radius * Math.cos(angle), radius * Math.sin(angle)] as const;
        }),
      );
    default:
      return shape satisfies never;
  }
}

export interface Scale {
  readonly low: number;
  readonly high: number;
  readonly ticks: readonly number[];
  /** Decimals that tell neighbouring ticks apart. */
  readonly digits: number;
}

/** Beyond this, and for what is not finite, there is no sensible place in a picture. */
const LARGEST = 1e15;

/** A scale over `values` with a margin, and about `count` ticks at 1, 2 or 5 times a power of ten. */
export function scaleOver(values: readonly number[], count = 5): Scale {
  const finite = values.filter((value) => Math.abs(value) < LARGEST);
  const least = finite.length === 0 ? 0 : Math.min(...finite);
  const most = finite.length === 0 ? 1 : Math.max(...finite);
  const size = Math.max(Math.abs(least), Math.abs(most));
  // Values that differ by rounding only are one value.
  const span = most - least > 1e-9 * size + 1e-12 ? most - least : Math.max(size * 0.1, 1e-3);
  const [low, high] = [least - 0.06 * span, most + 0.06 * span];
  const rough = (high - low) / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = ([1, 2, 5, 10].find((factor) => factor * power >= rough) ?? 10) * power;
  const ticks: number[] = [];
  for (let at = Math.ceil(low / step); at * step <= high; at++) ticks.push(at * step);
  return { low, high, ticks, digits: Math.max(0, -Math.floor(Math.log10(step) + 1e-9)) };
}

export function place(scale: Scale, value: number, from: number, to: number): number {
  return from + ((value - scale.low) / (scale.high - scale.low)) * (to - from);
}
