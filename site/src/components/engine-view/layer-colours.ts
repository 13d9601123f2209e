/** Gives layers their colours: the same layer has the same one wherever it shows, for as long as the page is open. */

/** tokens.css has so many. A fifth layer takes the first again, with stripes. */
const colours = 4;
const looks = colours * 3;
/** A page that saw more layers than this forgets the oldest. */
const maxRemembered = 2_000;

const given = new Map<string, number>();
let next = 0;

export interface LayerColour {
  /** 1 to 4. */
  readonly colour: number;
  /** 0 plain, 1 and 2 striped. */
  readonly stripes: number;
}

/** The colour of the layer with this id. The layers of the drawn examples are named `example-1` to `example-4`. */
export function layerColour(id: string): LayerColour {
  const look = /^example-[1-4]$/.test(id) ? Number(id.slice(-1)) - 1 : remembered(id);
  return { colour: (look % colours) + 1, stripes: Math.floor(look / colours) };
}

function remembered(id: string): number {
  const known = given.get(id);
  if (known !== undefined) return known;
  const [oldest] = given.keys();
  if (oldest !== undefined && given.size >= maxRemembered) given.delete(oldest);
  const look = next++ % looks;
  given.set(id, look);
  return look;
}
