/** The bar that switches panes on a narrow page. */
import { type Pane, pane } from '../client/panes.ts';

const panes: readonly { to: Pane; name: string }[] = [
  { to: 'text', name: 'Text' },
  { to: 'lab', name: 'Terminal' },
  { to: 'engine', name: 'Engine' },
];

export function PaneBar() {
  return (
    <div class="pane-bar">
      {panes.map(({ to, name }) => (
        <button key={to} type="button" aria-pressed={pane.value === to} onClick={() => (pane.value = to)}>
          {name}
        </button>
      ))}
    </div>
  );
}
