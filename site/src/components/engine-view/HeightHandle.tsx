/** The edge between the terminal and the engine view: dragged, or moved with the arrow keys. */
import { heightPercent, leastPercent, mostPercent, setHeight, usualHeight } from './panel.ts';

const step = 3;

export function HeightHandle() {
  const onKeyDown = (event: KeyboardEvent) => {
    const moves: Record<string, number> = {
      ArrowUp: heightPercent.value + step,
      ArrowDown: heightPercent.value - step,
      PageUp: heightPercent.value + 4 * step,
      PageDown: heightPercent.value - 4 * step,
      Home: leastPercent,
      End: mostPercent,
    };
    const to = moves[event.key];
    if (to === undefined) return;
    event.preventDefault();
    setHeight(to);
  };
  return (
    <hr
      class="ev-handle"
      tabIndex={0}
      aria-orientation="horizontal"
      aria-label="Height of the engine view"
      aria-valuemin={leastPercent}
      aria-valuemax={mostPercent}
      aria-valuenow={Math.round(heightPercent.value)}
      onKeyDown={onKeyDown}
      onDblClick={usualHeight}
      onPointerDown={(event) => {
        if (event.button === 0) event.currentTarget.setPointerCapture(event.pointerId);
      }}
      onPointerMove={(event) => {
        if (!event.currentTarget.hasPointerCapture(event.pointerId)) return;
        const bottom = event.currentTarget.parentElement?.getBoundingClientRect().bottom ?? innerHeight;
        setHeight(((bottom - event.clientY) / innerHeight) * 100);
      }}
    />
  );
}
