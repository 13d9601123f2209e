/** A volume, and which containers have it: it stays when they are gone. */
import type { ViewVolume } from '@drydock/sandbox-server/protocol';
import { Name, type Pick } from './Name.tsx';
import { volumeName } from './words.ts';

interface VolumeBoxProps {
  readonly volume: ViewVolume;
  readonly linked: boolean;
  readonly pick?: Pick | undefined;
}

export function VolumeBox({ volume, linked, pick }: VolumeBoxProps) {
  return (
    <li class="ev-volume" data-picked={pick?.pressed} data-linked={linked}>
      <p class="ev-title">
        <Name text={volumeName(volume)} pick={pick} />
      </p>
      {volume.users.length === 0 ? (
        <p class="ev-note">kept; no container has it</p>
      ) : (
        <ul class="ev-members">
          {volume.users.map(({ container, at, readOnly }) => (
            <li key={`${container} ${at}`}>
              <span class="ev-cut" title={container}>
                {container}
              </span>
              <span class="ev-cut" title={at}>
                {at}
                {readOnly && ' (read-only)'}
              </span>
            </li>
          ))}
        </ul>
      )}
    </li>
  );
}
