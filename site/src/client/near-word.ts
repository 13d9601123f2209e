/** Whether two words are the same but for their ending or one slip of the keyboard. Knows nothing of texts. */

/** English endings: `allocated` and `allocate`, `killing` and `kill`. */
const endings = /(ing|ed|es|s|e)$/;

/** Both in small letters, the first of at least 4. */
export function near(typed: string, word: string): boolean {
  if (word.length < 3) return false;
  return typed.replace(endings, '') === word.replace(endings, '') || isOneSlip(typed, word);
}

/** One letter is missing, too many or wrong, or two neighbours have changed places; the first letter is right. */
function isOneSlip(typed: string, word: string): boolean {
  if (typed[0] !== word[0] || Math.abs(typed.length - word.length) > 1) return false;
  let start = 0;
  while (start < typed.length && typed[start] === word[start]) start++;
  const [left, right] = [typed.slice(start), word.slice(start)];
  const isSwapped = left[0] === right[1] && left[1] === right[0] && left.slice(2) === right.slice(2);
  return isSwapped || left.slice(1) === right || left === right.slice(1) || left.slice(1) === right.slice(1);
}
