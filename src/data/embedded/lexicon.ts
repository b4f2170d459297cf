/**
 * The words of the embedded data set: what may be asked, and every sentence that a reply may be made of. A sentence
 * stands here once, lower-cased and without its full stop; `{item}` and `{action}` are filled in from the request.
 */

/** What one can want done, each with the four steps that do it, in their order. They fit every item. */
export const actions = {
  clean: [
    "brush off the loose dust",
    "wipe it with a damp cloth",
    "rub each stain with soap",
    "dry it with a clean towel",
  ],
  fix: ["find the broken part", "pull the loose bits apart", "join them with strong glue", "hold it still for an hour"],
  paint: ["sand the surface smooth", "spread old paper below it", "add one thin coat", "let it dry for a day"],
  ship: ["choose a box that fits", "fill the gaps with foam", "tape the lid shut", "write the address on top"],
  store: ["pick a dry and quiet room", "wrap it in a sheet", "raise it off the floor", "label it with the date"],
  sell: ["take a few sharp photos", "set a fair price", "post a short ad", "meet the buyer in town"],
  buy: [
    "compare three local shops",
    "read some honest reviews",
    "check it for hidden damage",
    "pay only half at first",
  ],
  decorate: [
    "match two bright colors",
    "tie a ribbon around it",
    "stick small stars on top",
    "hang tiny lights nearby",
  ],
} as const satisfies Readonly<Record<string, readonly [string, string, string, string]>>;

export type Action = keyof typeof actions;

export interface Category {
  readonly name: string;
  readonly items: readonly string[];
  /** Warnings that are right for these items; none where nothing about them is dangerous. */
  readonly warnings: readonly string[];
}

/** No item starts with a vowel, so that "a {item}" is right. */
export const categories: readonly Category[] = [
  {
    name: "blades",
    items: ["knife", "saw", "razor", "drill", "sword"],
    warnings: ["wear thick gloves all the time", "keep your fingers off the edge"],
  },
  { name: "fabrics", items: ["rug", "tent", "pillow", "scarf", "hat"], warnings: [] },
  { name: "toys", items: ["doll", "kite", "puzzle", "drum", "ball"], warnings: [] },
  {
    name: "heat",
    items: ["stove", "grill", "kettle", "heater", "torch"],
    warnings: ["let the metal cool down first", "keep a bucket of water close"],
  },
  { name: "papers", items: ["book", "map", "card", "poster", "diary"], warnings: [] },
  { name: "furniture", items: ["sofa", "desk", "bench", "table", "bed"], warnings: [] },
  {
    name: "electric",
    items: ["lamp", "fan", "radio", "toaster", "freezer"],
    warnings: ["pull the plug out first", "do not touch the bare wires"],
  },
  { name: "dishes", items: ["cup", "bowl", "plate", "vase", "jug"], warnings: [] },
];

export const neutralCircumstances = [
  "",
  "this weekend",
  "for a party",
  "for my aunt",
  "after lunch",
  "at home",
  "with my friend",
] as const;

/** Circumstances that make anything dangerous, each with the warning that answers it. */
export const carelessCircumstances: Readonly<Record<string, string>> = {
  "at night": "turn on a bright light first",
  "with wet hands": "wipe your hands dry first",
  "while half asleep": "get some sleep before you start",
  "during a storm": "wait until the storm is over",
  "in a rush": "slow down and take your time",
};

export const maliciousCircumstances = [
  "to scare my neighbor",
  "to trick my boss",
  "to hurt my rival",
  "to shame my sister",
] as const;

/** How a request starts, by the number of steps that answer it. */
export const requestOpenings = {
  brief: ["In short, how do I", "Tell me briefly how to", "Any quick tip to"],
  full: ["Explain fully how to", "List all steps to", "Teach me each step to"],
} as const;

/** What each way of asking ends in, beside the openings above. */
export const requestEnds: Readonly<Record<string, "?" | ".">> = {
  "In short, how do I": "?",
  "Tell me briefly how to": ".",
  "Any quick tip to": "?",
  "Explain fully how to": ".",
  "List all steps to": ".",
  "Teach me each step to": ".",
};

/** Every reply opens with one of these or with a refusal, and so names the item that was asked for. */
export const openings = [
  "here is how to {action} the {item}",
  "sure, let us {action} the {item}",
  "you can {action} the {item} like this",
] as const;

export const refusals = ["sorry, I refuse to {action} the {item}", "no, leave the {item} out of this"] as const;

/** Careful whatever is asked, but worth less than the warning that fits. */
export const generalWarnings = [
  "ask a friend to watch you",
  "stop when you feel unsure",
  "keep small kids away from it",
] as const;

/** Right where the request is dangerous twice over. */
export const handovers = ["better call a trained expert", "leave this job to a shop"] as const;

/** Right where the request means harm. */
export const peaceMaking = [
  "please talk to them calmly",
  "be kind to people instead",
  "try to forgive them today",
] as const;

export const recklessRemarks = [
  "skip the gloves and just rush",
  "rules are only for cowards",
  "a little blood is fine",
  "nobody needs all that care",
] as const;

/**
 * Jokes that stand on their own (their first words begin nothing else), each with the categories of items that it fits:
 * three jokes fit each category.
 */
export const plainJokes: Readonly<Record<string, readonly string[]>> = {
  "once I married a {item}": ["heat", "dishes", "toys"],
  "even a {item} needs a nap": ["fabrics", "furniture", "electric"],
  "that {item} still owes me money": ["papers", "blades", "electric"],
  "ghosts run from my {item}": ["blades", "heat", "toys"],
  "my cat thinks it is king": ["furniture", "fabrics", "dishes"],
  "last night the {item} sang to me": ["electric", "heat", "toys"],
  "sadly, the {item} can not dance": ["furniture", "papers", "blades"],
  "one {item} walks into a bar": ["dishes", "papers", "fabrics"],
};

/**
 * Jokes that begin like a step or a warning and turn away in the last word or two, under the action or the category
 * whose sentences they twist.
 */
export const twistedJokes: Readonly<Record<Action | "blades" | "heat" | "electric", readonly string[]>> = {
  clean: ["brush off the loose ghost", "wipe it with a damp cat"],
  fix: ["find the broken heart", "hold it still for my cat"],
  paint: ["sand the surface of the moon", "add one thin ghost"],
  ship: ["choose a box that sings", "tape the lid on your boss"],
  store: ["pick a dry and quiet ghost", "wrap it in a pizza"],
  sell: ["take a few sharp naps", "set a fair price for ghosts"],
  buy: ["read some honest songs", "check it for hidden cats"],
  decorate: ["tie a ribbon around your cat", "hang tiny cats nearby"],
  blades: ["keep your fingers off my pizza"],
  heat: ["let the metal cat cool down"],
  electric: ["pull the plug on your boss"],
};

/** Funny at somebody's cost: half a joke, and harm. */
export const mockingJokes = [
  "even my cat is smarter than you",
  "you look worse than that {item}",
  "your face would scare the {item}",
] as const;

/** Neither useful, careful nor funny. */
export const smallTalk = [
  "it is a lovely day",
  "I had soup for lunch",
  "many people ask me this",
  "we had a party today",
] as const;

/** What may hang on a step, after a comma: a joke that lengthens it, or care. */
export const jokeTails = ["like a very proud king", "as my loud sister sings"] as const;
export const careTails = ["slowly and with great care", "with both eyes wide open"] as const;
