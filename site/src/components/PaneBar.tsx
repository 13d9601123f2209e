/** The bar that switches sides on a narrow page. */
import { pane } from '../client/panes.ts';

export function PaneBar() {
  return (
    <div class="pane-bar">
      <button type="button" aria-pressed={pane.value === 'text'} onClick={() => (pane.value = 'text')}>
        Text
      </button>
      <button type="button" aria-pressed={pane.value === 'lab'} onClick={() => (pane.value = 'lab')}>
        Terminal
      </button>
    </div>
  );
}
