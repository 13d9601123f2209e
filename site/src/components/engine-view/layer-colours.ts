/**
 * Gives layers their colours: the same layer has the same one wherever it shows, also after a reload. Two that are shown
 * together differ, as far as there are colours.
 */

/** tokens.css has so many. A fifth layer takes one of them again, with stripes. */
const colours = 4;
const looks = colours * 3;
/** Layers whose colour this browser remembers; the one that was not shown for longest gives way. */
const maxRemembered = 300;
const place = 'drydock.layers';

export interface LayerColour {
  /** 1 to 4. */
  readonly colour: number;
  /** 0 plain, 1 and 2 striped. */
  readonly stripes: number;
}

/** A look, 0 to 11, by the layer's id. */
export type Looks = ReadonlyMap<string, number>;

/** Undefined until the first layer is shown. */
let known: Looks | undefined;

/** The colour of the layer with this id. The layers of the drawn examples are named `example-1` to `example-4`. */
export function layerColour(id: string): LayerColour {
  const look = /^example-[1-4]$/.test(id) ? Number(id.slice(-1)) - 1 : (known?.get(id) ?? numberOf(id) % colours);
  return { colour: (look % colours) + 1, stripes: Math.floor(look / colours) };
}

/** From now on these are shown together. */
export function colourLayers(shown: Iterable<string>): void {
  known ??= recalled();
  const next = looksOf(shown, known);
  if (next === known) return;
  known = next;
  try {
    localStorage.setItem(place, JSON.stringify([...next]));
  } catch {
    // Storage is off: it holds for this page.
  }
}

/** What `shown` look like: as `before`, but for those of which another one looks the same. `before` itself where nothing changes. */
export function looksOf(shown: Iterable<string>, before: Looks): Looks {
  // In an order that does not depend on what came first: without a memory a reload gives the same.
  const ids = [...new Set(shown)].sort();
  const taken = new Map<number, number>();
  const now = new Map<string, number>();
  const give = (id: string, look: number) => {
    now.set(id, look);
    taken.set(look, (taken.get(look) ?? 0) + 1);
  };
  for (const id of ids) {
    const look = before.get(id);
    if (look !== undefined && (!taken.has(look) || ids.length > looks)) give(id, look);
  }
  for (const id of ids) if (!now.has(id)) give(id, leastTaken(taken, numberOf(id) % colours));
  if ([...now].every(([id, look]) => before.get(id) === look)) return before;
  const others = [...before].filter(([id]) => !now.has(id));
  return new Map([...others, ...now].slice(-maxRemembered));
}

/** The look that the fewest have; of those the plainest, and of those the first from this colour on. */
function leastTaken(taken: ReadonlyMap<number, number>, colour: number): number {
  const order = Array.from({ length: looks }, (_, at) => at - (at % colours) + ((colour + at) % colours));
  return order.reduce((best, look) => ((taken.get(look) ?? 0) < (taken.get(best) ?? 0) ? look : best));
}

/** FNV-1a: spreads what is alike. */
function numberOf(id: string): number {
  let hash = 0x811c9dc5;
  for (const character of id) hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 0x01000193);
  return hash >>> 0;
}

function recalled(): Looks {
  try {
    const all: unknown = JSON.parse(localStorage.getItem(place) ?? '[]');
    if (!Array.isArray(all)) return new Map();
    return new Map(all.filter(isLook).slice(-maxRemembered));
  } catch {
    // Storage is off, or holds what is not ours.
    return new Map();
  }
}

function isLook(one: unknown): one is [string, number] {
  if (!Array.isArray(one) || one.length !== 2) return false;
  const [id, look] = one;
  return typeof id === 'string' && Number.isInteger(look) && look >= 0 && look < looks;
}
