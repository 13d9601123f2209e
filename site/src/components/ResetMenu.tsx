/** The header's Go back: says where one can go back to and what that costs, and keeps what one had if asked to. */
import type { RefObject } from 'preact';
import { useRef, useState } from 'preact/hooks';
import { dropCopy } from '../client/lab.ts';
import { canType, goals, resetPoints, tasks } from '../client/lab-state.ts';
import { goBack, keepNow, type Point, pointsOf } from '../client/reset.ts';
import { inlineCode } from '../lesson-components/inline-code.ts';

export function ResetMenu() {
  const dialog = useRef<HTMLDialogElement>(null);
  return (
    <>
      <button
        type="button"
        class="button"
        disabled={!canType.value || !resetPoints.value}
        aria-haspopup="dialog"
        onClick={() => dialog.current?.showModal()}
      >
        Go back…
      </button>
      <ResetDialog dialog={dialog} />
    </>
  );
}

function ResetDialog({ dialog }: { dialog: RefObject<HTMLDialogElement> }) {
  const [chosen, setChosen] = useState('start');
  const [keeps, setKeeps] = useState(false);
  const [isBusy, setBusy] = useState(false);
  const [said, setSaid] = useState('');
  const points = pointsOf(resetPoints.value, tasks.value, goals.value);
  const point = points.find(({ id }) => id === chosen) ?? points[0];

  const close = () => dialog.current?.close();
  const keep = async () => {
    setBusy(true);
    setSaid('Making a copy.');
    const why = await keepNow();
    setBusy(false);
    setSaid(why ?? 'The copy is made. It stands in the list above.');
    return why === undefined;
  };
  const go = async () => {
    if (!point || (keeps && !(await keep()))) return;
    const why = goBack(point);
    setSaid(why ?? '');
    if (why) return;
    setKeeps(false);
    close();
  };

  // What was said of the last time is no news the next time; of a copy that is still being made it will be.
  const forget = () => !isBusy && setSaid('');
  return (
    <dialog class="dialog reset" ref={dialog} aria-labelledby="reset-title" onClose={forget}>
      <h2 id="reset-title">Go back in your lab</h2>
      <p>
        Files, containers and images become what they were at that moment, and terminals open anew. What came after it
        is lost, unless you keep a copy.
      </p>
      <fieldset disabled={isBusy}>
        <legend>Go back to</legend>
        {points.map((one) => (
          <PointChoice key={one.id} point={one} chosen={one === point} choose={() => setChosen(one.id)} />
        ))}
      </fieldset>
      <div class="dialog-foot">
        <label class="keep">
          <input
            type="checkbox"
            checked={keeps}
            disabled={isBusy}
            onChange={(event) => setKeeps(event.currentTarget.checked)}
          />
          <span>Keep what I have now as a copy, to come back to</span>
        </label>
        <p class="said" role="status">
          {said}
        </p>
        <p class="dialog-buttons">
          <button
            type="button"
            class="button strong"
            disabled={isBusy || !canType.value || !point}
            onClick={() => void go()}
          >
            Go back
          </button>
          <button type="button" class="button" disabled={isBusy || !canType.value} onClick={() => void keep()}>
            Only make a copy
          </button>
          <button type="button" class="button" onClick={close}>
            Cancel
          </button>
        </p>
      </div>
    </dialog>
  );
}

function PointChoice({ point, chosen, choose }: { point: Point; chosen: boolean; choose: () => void }) {
  return (
    <div class="point" data-kind={point.kind}>
      <label>
        <input type="radio" name="reset-point" checked={chosen} onChange={choose} />
        <span>
          <b>{inlineCode(point.title).map((piece) => (piece.isCode ? <code>{piece.text}</code> : piece.text))}</b>
          <small>{point.loses}</small>
        </span>
      </label>
      {point.kind === 'kept' && (
        <button
          type="button"
          class="link"
          aria-label={`Delete the copy: ${point.title}`}
          onClick={() => dropCopy(point.id)}
        >
          Delete
        </button>
      )}
    </div>
  );
}
