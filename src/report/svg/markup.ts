/** Markup as text, its content escaped: elements for SVG and HTML. */

export type Attributes = Readonly<Record<string, string | number>>;

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

/** A hundredth of a pixel is as fine as any screen or printer shows. */
export function coordinate(value: number): string {
  return String(Math.round(value * 100) / 100);
}

/** What a reader is told who points at something: its native tooltip, which the page makes better. */
export function tooltip(detail: string): string {
  return element("title", {}, escapeMarkup(detail));
}
