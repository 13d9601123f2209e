/** The edge between the terminal and the engine view: dragged, or moved with the arrow keys. */
import { useEffect, useRef, useState } from 'preact/hooks';
import { leastPercent, mostPercent, setSize, sizedBy, usualSize } from './panel.ts';

const step = 3;

export function SizeHandle() {
  const handle = useRef<HTMLHRElement>(null);
  const [now, setNow] = useState(leastPercent);
  const size = sizedBy.value;
  const isWidth = size === 'width';
  useEffect(() => {
    const view = handle.current?.parentElement;
    if (!view) return;
    const observer = new ResizeObserver(() => {
      const { width, height } = view.getBoundingClientRect();
      setNow((isWidth ? width / innerWidth : height / innerHeight) * 100);
    });
    observer.observe(view);
    return () => observer.disconnect();
  }, [isWidth]);
  const onKeyDown = (event: KeyboardEvent) => {
    const [more, less] = isWidth ? ['ArrowLeft', 'ArrowRight'] : ['ArrowUp', 'ArrowDown'];
    const moves: Record<string, number> = {
      [more]: now + step,
      [less]: now - step,
      PageUp: now + 4 * step,
      PageDown: now - 4 * step,
      Home: leastPercent,
      End: mostPercent,
    };
    const to = moves[event.key];
    if (to === undefined) return;
    event.preventDefault();
    setSize(size, to);
  };
  return (
    <hr
      class="ev-handle"
      ref={handle}
      tabIndex={0}
      aria-orientation={isWidth ? 'vertical' : 'horizontal'}
      aria-label={isWidth ? 'Width of the engine view' : 'Height of the engine view'}
      aria-valuemin={leastPercent}
      aria-valuemax={mostPercent}
      aria-valuenow={Math.round(now)}
      onKeyDown={onKeyDown}
      onDblClick={() => usualSize(size)}
      onPointerDown={(event) => {
        if (event.button === 0) event.currentTarget.setPointerCapture(event.pointerId);
      }}
      onPointerMove={(event) => {
        if (!event.currentTarget.hasPointerCapture(event.pointerId)) return;
        const end = event.currentTarget.parentElement?.getBoundingClientRect();
        if (!end) return;
        const part = isWidth ? (end.right - event.clientX) / innerWidth : (end.bottom - event.clientY) / innerHeight;
        setSize(size, part * 100);
      }}
    />
  );
}
