/** The keys that a touch keyboard lacks, in a row under the terminal. Ctrl holds for the next key. */
import { canType, controlHeld, place } from '../client/lab-state.ts';
import type { TouchKey } from '../client/terminal-keys.ts';
import { screens } from '../client/terminals.ts';

const keys: readonly { key: TouchKey; shows: string; name: string }[] = [
  { key: 'Tab', shows: 'Tab', name: 'Tab' },
  { key: 'ArrowLeft', shows: '←', name: 'Left' },
  { key: 'ArrowUp', shows: '↑', name: 'Up' },
  { key: 'ArrowDown', shows: '↓', name: 'Down' },
  { key: 'ArrowRight', shows: '→', name: 'Right' },
  { key: '|', shows: '|', name: 'Bar' },
  { key: '/', shows: '/', name: 'Slash' },
  { key: '-', shows: '-', name: 'Dash' },
];

export function TouchKeys() {
  if (place.value !== 'terminal' || !canType.value) return null;
  return (
    <div class="touch-keys" role="toolbar" aria-label="Keys">
      <Key key="Escape" shows="Esc" name="Escape" press={() => screens.current?.press('Escape')} />
      <button
        type="button"
        aria-pressed={controlHeld.value}
        onPointerDown={keepFocus}
        onClick={() => {
          controlHeld.value = !controlHeld.value;
          screens.current?.focus();
        }}
      >
        Ctrl
      </button>
      {keys.map(({ key, ...rest }) => (
        <Key key={key} {...rest} press={() => screens.current?.press(key)} />
      ))}
    </div>
  );
}

function Key({ shows, name, press }: { shows: string; name: string; press: () => void }) {
  return (
    <button type="button" aria-label={name} onPointerDown={keepFocus} onClick={press}>
      {shows}
    </button>
  );
}

/** The keyboard of a phone goes away with the terminal's focus. */
function keepFocus(event: PointerEvent): void {
  event.preventDefault();
}
