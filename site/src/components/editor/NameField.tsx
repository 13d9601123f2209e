/** Asks for a name: Enter takes it, Escape does not. */
import { useState } from 'preact/hooks';

export interface NameFieldProps {
  readonly label: string;
  readonly value: string;
  /** Why a name will not do, in a sentence. */
  readonly refuse: (name: string) => string | undefined;
  readonly take: (name: string) => void;
  readonly done: () => void;
}

export function NameField({ label, value, refuse, take, done }: NameFieldProps) {
  const [why, setWhy] = useState<string | undefined>(undefined);
  return (
    <form
      class="tree-ask"
      onSubmit={(event) => {
        event.preventDefault();
        const field = event.currentTarget.elements.namedItem('name');
        const name = field instanceof HTMLInputElement ? field.value.trim() : '';
        const reason = refuse(name);
        setWhy(reason);
        if (reason) return;
        done();
        take(name);
      }}
      onKeyDown={(event) => event.key === 'Escape' && done()}
    >
      <label>
        {label}
        <input
          name="name"
          defaultValue={value}
          spellcheck={false}
          autocomplete="off"
          autocapitalize="off"
          aria-invalid={why !== undefined}
          ref={selectOnce}
        />
      </label>
      <p role="alert">{why}</p>
      <button type="submit" class="button strong">
        OK
      </button>
      <button type="button" class="button" onClick={done}>
        Cancel
      </button>
    </form>
  );
}

function selectOnce(field: HTMLInputElement | null): void {
  field?.focus();
  field?.select();
}
