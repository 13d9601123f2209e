/** The name of a thing in a picture. Where it can be asked about it is a button that covers its whole card. */

export interface Pick {
  readonly pressed: boolean;
  readonly onPick: () => void;
}

export function Name({ text, pick }: { text: string; pick?: Pick | undefined }) {
  if (!pick) return <b class="ev-name">{text}</b>;
  return (
    <button type="button" class="ev-name" title={text} aria-expanded={pick.pressed} onClick={pick.onPick}>
      {text}
    </button>
  );
}
