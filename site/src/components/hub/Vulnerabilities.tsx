/** The known vulnerabilities of an image, each with what it rests on. Without a feed there is no claim. */
import type { HubImageContents, HubVulnerability, HubVulnerabilityStatus } from '@drydock/sandbox-server/protocol';
import { counted } from '../engine-view/sizes.ts';
import { When } from './parts.tsx';

const feeds = { debian: 'Debian’s security tracker', osv: 'the OSV database' } as const;
/** As a reader asks: what can I do, what must I wait for, what matters little. */
const groups: readonly { readonly status: HubVulnerabilityStatus; readonly name: string; readonly about: string }[] = [
  { status: 'fixable', name: 'Can be fixed', about: 'a later version of the package is without it' },
  { status: 'open', name: 'Open', about: 'this release has no fixed version yet' },
  { status: 'no-advisory', name: 'Open, without an advisory', about: 'the security team prepares none' },
  { status: 'end-of-life', name: 'Not looked after any more', about: 'the package gets no fixes in this release' },
  { status: 'unimportant', name: 'Unimportant', about: 'of no practical effect, as the team says' },
];

export function Vulnerabilities({ told }: { told: HubImageContents['vulnerabilities'] }) {
  return (
    <>
      <h3>Known vulnerabilities</h3>
      {told.known ? <Known told={told} /> : <p class="hub-note">{told.why} So nothing is said here about them.</p>}
    </>
  );
}

function Known({ told }: { told: Extract<HubImageContents['vulnerabilities'], { known: true }> }) {
  const { feed, date, problem, found, more, counts, undetermined } = told;
  const all = Object.values(counts).reduce((sum, many) => sum + many, 0);
  return (
    <>
      <p class="hub-note">
        {all === 0 ? 'None' : counted(all, 'known one')}, by {feeds[feed]} of {date.slice(0, 10)} (<When at={date} />
        ): what was found out later is not in it.
        {undetermined > 0 && ` Of ${undetermined} more nobody has found out yet whether these packages have them.`}
        {problem !== null && ` A later feed is not used: ${problem}`}
      </p>
      {groups.map(({ status, name, about }) => (
        <Group
          key={status}
          {...{ name, about }}
          many={counts[status]}
          found={found.filter((one) => one.status === status)}
          isOpen={status === 'fixable'}
        />
      ))}
      {more > 0 && <p class="hub-note">{more} more are not shown.</p>}
    </>
  );
}

interface GroupProps {
  readonly name: string;
  readonly about: string;
  readonly many: number;
  readonly found: readonly HubVulnerability[];
  readonly isOpen: boolean;
}

function Group({ name, about, many, found, isOpen }: GroupProps) {
  if (many === 0) return null;
  return (
    <details class="hub-details" open={isOpen}>
      <summary>
        {name}: {many} <small>({about})</small>
      </summary>
      <ul class="hub-vulnerabilities">
        {found.map(({ id, source, version, fixedVersion, urgency, note, description, packages }) => (
          <li key={`${id} ${source}`}>
            <b>{id}</b> <code>{source}</code> {version}
            {fixedVersion !== null && `, fixed in ${fixedVersion}`}
            {urgency !== '' && <span class="hub-none"> · {urgency}</span>}
            {note !== '' && <span class="hub-none"> · {note}</span>}
            {description !== '' && <small>{description}</small>}
            {packages.length > 0 && <small>In: {packages.slice(0, 12).join(', ')}</small>}
          </li>
        ))}
      </ul>
    </details>
  );
}
