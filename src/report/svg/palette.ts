/**
 * Colours of series, on white and on a dark page. Found by a search from Okabe and Ito's: each at least 3 : 1 against its
 * ground (WCAG 1.4.11), every two at least 20 apart in CIELAB for full protanopia, deuteranopia and tritanopia too
 * (simulated as in Machado, Oliveira and Fernandes 2009). The last is for references.
 */
export const LIGHT = ["#245fad", "#993200", "#009249", "#d974a4", "#a97d00", "#3c96ff", "#4c236e", "#656666"] as const;

export const DARK = ["#6d70fa", "#d66a18", "#06a865", "#ae7094", "#ffc838", "#a6d7fd", "#9379cc", "#cecec3"] as const;

/** The dark page's ground, for which `DARK` was found. */
export const DARK_GROUND = "#15181d";

export function lightColour(index: number): string {
  return LIGHT[index % LIGHT.length] ?? LIGHT[0];
}
