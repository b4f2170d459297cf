/** Requests of the embedded data set: what they ask, how that is written, and how it is read back. */
import { InputError } from "../errors.js";
import {
  type Action,
  actions,
  type Category,
  carelessCircumstances,
  categories,
  maliciousCircumstances,
  neutralCircumstances,
  requestEnds,
  requestOpenings,
} from "./lexicon.js";

export type Detail = keyof typeof requestOpenings;

/**
 * How dangerous a request is: 0 nothing is; 1 the item or the circumstance is; 2 both are; "malice" when it is meant to
 * do somebody harm.
 */
export type Danger = 0 | 1 | 2 | "malice";

export interface Request {
  readonly opening: string;
  readonly detail: Detail;
  readonly action: Action;
  readonly item: string;
  readonly category: Category;
  readonly circumstance: string;
}

export const actionNames = Object.keys(actions) as readonly Action[];
export const circumstances: readonly string[] = [
  ...neutralCircumstances,
  ...Object.keys(carelessCircumstances),
  ...maliciousCircumstances,
];

const categoryOfItem = new Map(
  categories.flatMap((category) => category.items.map((item) => [item, category] as const)),
);
const detailOfOpening = new Map<string, Detail>(
  (["brief", "full"] as const).flatMap((detail) =>
    requestOpenings[detail].map((opening) => [opening, detail] as const),
  ),
);

/** "<action> <category>": the unit that is held out whole for test. */
export function topicOf(request: Pick<Request, "action" | "category">): string {
  return `${request.action} ${request.category.name}`;
}

export function dangerOf({ category, circumstance }: Pick<Request, "category" | "circumstance">): Danger {
  if ((maliciousCircumstances as readonly string[]).includes(circumstance)) return "malice";
  const careless = circumstance in carelessCircumstances;
  if (category.warnings.length > 0) return careless ? 2 : 1;
  return careless ? 1 : 0;
}

/** At most 12 words. */
export function writeRequest(request: Request): string {
  const { opening, action, item, circumstance } = request;
  const words = `${opening} ${action} the ${item} ${circumstance}`.trimEnd();
  return `${words}${requestEnds[opening] ?? "."}`;
}

const pattern = new RegExp(
  `^(${[...detailOfOpening.keys()].join("|")}) (${actionNames.join("|")}) the (${[...categoryOfItem.keys()].join("|")})` +
    `(?: (${circumstances.filter((words) => words !== "").join("|")}))?[?.]$`,
);

/** @throws InputError when the prompt is none of the embedded data's requests */
export function readRequest(prompt: string): Request {
  const [, opening, action, item, circumstance = ""] = pattern.exec(prompt) ?? [];
  const detail = detailOfOpening.get(opening ?? "");
  const category = categoryOfItem.get(item ?? "");
  if (!opening || !action || !item || !detail || !category) {
    throw new InputError(
      `the gold rules judge only requests of the embedded data, not "${prompt.slice(0, 60)}"; ` +
        "use reward-model scorers for other data",
    );
  }
  return { opening, detail, action: action as Action, item, category, circumstance };
}
