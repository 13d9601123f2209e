/** A question above the terminal that waits for a yes: a paste of several lines, a link from the output. */
import { useLayoutEffect, useRef } from 'preact/hooks';
import { focusTerminal } from '../client/lab.ts';
import { type Notice, notice } from '../client/lab-state.ts';

export function NoticeBox() {
  return notice.value ? <Question asked={notice.value} /> : null;
}

function Question({ asked }: { asked: Notice }) {
  const yes = useRef<HTMLButtonElement>(null);
  useLayoutEffect(() => yes.current?.focus(), []);
  const answer = (go?: () => void) => {
    notice.value = undefined;
    go?.();
    focusTerminal();
  };
  return (
    <div
      class="notice"
      role="alertdialog"
      aria-labelledby="notice-title"
      aria-describedby="notice-detail"
      onKeyDown={(event) => event.key === 'Escape' && answer()}
    >
      <p id="notice-title">{asked.title}</p>
      <pre id="notice-detail">{asked.detail}</pre>
      <p class="notice-buttons">
        <button type="button" class="steel-button strong" ref={yes} onClick={() => answer(asked.go)}>
          {asked.yes}
        </button>
        <button type="button" class="steel-button" onClick={() => answer()}>
          Cancel
        </button>
      </p>
    </div>
  );
}
