// Whether a request's target is written as browsers write the addresses of our pages. Whatever can be read in two ways is
// refused (SECURITY.md F13), so that what a proxy, a limit and the router take it for is always the same.

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
