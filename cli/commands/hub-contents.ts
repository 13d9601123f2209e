// `drydock hub contents IMAGE`: the Debian packages of an image on the hub, which of them are there in newer versions, and which known
// vulnerabilities they have.

import type { HubImageContents, HubPackage, HubVulnerability } from '@drydock/runtime';
import { counted } from '../counted.ts';
import { Failure } from '../failure.ts';
import { formatTable } from '../table.ts';
import { withEngine } from './engine.ts';

/** Of `--fail`, where there is something that an upgrade would mend. */
const exitFixable = 3;
/** A large image whose layers are not unpacked takes seconds. */
const waitMs = 30_000;

export interface ContentsOptions {
  readonly json: boolean;
  readonly fail: boolean;
}

/** Throws Failure where there is no such image, or it cannot be looked into; with `fail` also where a later version mends something. */
export async function showContents(image: string, { json, fail }: ContentsOptions): Promise<void> {
  const found = await withEngine((engine) => engine.hub.contents({ ...imageNamed(image), waitMs }));
  if (json) console.log(JSON.stringify(found, null, 2));
  else if (found.state === 'made') show(found);
  else console.log(found.why);
  if (found.state === 'unreadable') throw new Failure('Nothing can be told of what is in this image.');
  if (found.state === 'coming') throw new Failure('It is not known yet what is in this image: ask again in a while.');
  const { vulnerabilities } = found;
  const many = vulnerabilities.known ? vulnerabilities.counts.fixable : 0;
  if (fail && many > 0)
    throw new Failure(
      `${counted(many, 'known vulnerability', 'known vulnerabilities')} would go with newer packages.`,
      {
        exitCode: exitFixable,
      },
    );
}

/** `hub.drydock/ann/app:1`, `ann/app@sha256:…`, `nginx`. Throws Failure. */
function imageNamed(image: string): { repository: string; reference: string } {
  const [, repository, tag = 'latest', digest] =
    /^(?:hub\.drydock\/)?([a-z0-9][a-z0-9._/-]*)(?::([A-Za-z0-9_][A-Za-z0-9._-]*))?(?:@(sha(?:256|512):[0-9a-f]+))?$/.exec(
      image,
    ) ?? [];
  if (repository === undefined)
    throw new Failure(`"${image}" is no image: write ann/app:1, ann/app@sha256:… or nginx.`, { exitCode: 2 });
  return { repository, reference: digest ?? tag };
}

function show(found: HubImageContents): void {
  const { packages, release, updates, vulnerabilities, sbom } = found;
  const lines = [
    `${release?.name ?? 'A release that the image does not name'}: ${counted(packages.length, 'package', 'packages')}`,
    `Image ${found.digest}`,
    ...(sbom === null ? [] : [`SBOM  ${sbom}`]),
    '',
    formatTable([['PACKAGE', 'VERSION', 'NEWER', 'FROM'], ...packages.map(packageRow)]),
    '',
    ...aboutUpdates(updates),
    '',
    ...aboutVulnerabilities(vulnerabilities),
  ];
  console.log(lines.join('\n'));
}

function packageRow({ name, version, newer }: HubPackage): string[] {
  return [name, version, newer?.version ?? '', newer?.suite ?? ''];
}

function aboutUpdates(updates: HubImageContents['updates']): string[] {
  if (!updates.known) return [updates.why];
  const suites = updates.suites.map(({ name, date }) => `${name} of ${date.slice(0, 10)}`).join(', ');
  return [
    `${counted(updates.many, 'package is', 'packages are')} there in a newer version. Looked at: ${suites}.`,
    ...problemLines('Later lists of packages', updates.problem),
  ];
}

const feeds = { debian: 'Debian’s security tracker', osv: 'OSV' } as const;

function aboutVulnerabilities(told: HubImageContents['vulnerabilities']): string[] {
  if (!told.known) return [told.why];
  const { counts, found, more, undetermined } = told;
  const kinds = [
    `${counts.fixable} gone with a newer package`,
    `${counts.open} open`,
    `${counts['no-advisory']} open without an advisory`,
    `${counts['end-of-life']} of packages past their end of life`,
    `${counts.unimportant} unimportant`,
  ].join(', ');
  return [
    ...(found.length === 0
      ? []
      : [formatTable([['VULNERABILITY', 'SOURCE', 'STATUS', 'FIXED IN', 'URGENCY'], ...found.map(row)]), '']),
    ...(more > 0 ? [`… and ${more} more.`] : []),
    `Known vulnerabilities, by ${feeds[told.feed]} of ${told.date.slice(0, 10)}: ${kinds}.`,
    ...(undetermined > 0 ? [`Of ${undetermined} more nobody has found out whether the packages have them.`] : []),
    ...problemLines('A later feed', told.problem),
  ];
}

function row({ id, source, status, fixedVersion, urgency, note }: HubVulnerability): string[] {
  return [id, source, note === '' ? status : `${status} (${note})`, fixedVersion ?? '', urgency];
}

function problemLines(what: string, problem: string | null): string[] {
  return problem === null ? [] : [`${what} cannot be used: ${problem}.`];
}
