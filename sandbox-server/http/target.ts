// Whether a request's target is written as browsers write the addresses of our pages. F13: a target that can be read in two ways is
// refused, so that a proxy, a limit and the router always read it alike.

/** An escape of a character that needs none, that separates the parts of a path, or that no address of ours has. */
const needlessEscape = /%(?![89a-f][0-9a-f]|2[0-246-9a-c]|3[ac-e]|40|5[bde]|60|7[b-d])/i;

/** False for absolute and asterisk form, empty and dot segments, `;`, `\`, and what is escaped without need or wrongly. */
export function isPlainTarget(target: string | undefined): boolean {
  const [path = ''] = (target ?? '').split('?', 1);
  if (!path.startsWith('/') || /\/\/|[;\\#]|\/\.{1,2}(\/|$)/.test(path) || needlessEscape.test(path)) return false;
  try {
    decodeURIComponent(path);
    return true;
  } catch {
    return false;
  }
}
