/** The packages of an image, to be looked through. */
import type { HubPackage } from '@drydock/sandbox-server/protocol';
import { useState } from 'preact/hooks';

/** More rows than anybody reads at once. */
const mostShown = 50;

export function Packages({ packages }: { packages: readonly HubPackage[] }) {
  const [text, setText] = useState('');
  const wanted = text.trim().toLowerCase();
  // What can be brought up to date comes first.
  const sorted = packages.toSorted((a, b) => Number(b.newer !== null) - Number(a.newer !== null));
  const found = sorted.filter(({ name, source }) => name.includes(wanted) || source.name.includes(wanted));
  const left = found.length - mostShown;
  const hasNewer = packages.some(({ newer }) => newer !== null);
  return (
    <details class="hub-details">
      <summary>Show the packages</summary>
      <p class="hub-filter">
        <label for="hub-package">Packages with</label>
        <input
          id="hub-package"
          type="search"
          value={text}
          autocomplete="off"
          spellcheck={false}
          placeholder="ssl"
          onInput={({ currentTarget }) => setText(currentTarget.value)}
        />
      </p>
      <table class="hub-table">
        <thead>
          <tr>
            <th scope="col">Package</th>
            <th scope="col">Version</th>
            {hasNewer && <th scope="col">Newer</th>}
          </tr>
        </thead>
        <tbody>
          {found.slice(0, mostShown).map(({ name, architecture, version, newer }) => (
            <tr key={`${name} ${architecture}`}>
              <th scope="row">{name}</th>
              <td data-label="Version">{version}</td>
              {hasNewer && <td data-label="Newer">{newer && `${newer.version} in ${newer.suite}`}</td>}
            </tr>
          ))}
        </tbody>
      </table>
      <p class="hub-note" role="status">
        {found.length === 0 && 'None of them.'}
        {left > 0 && `${left} more: type a part of a name.`}
      </p>
    </details>
  );
}
