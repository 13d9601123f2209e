/** What belongs to an image: the images of an index, and what refers to it. */
import { type HubImagePage, hubAddress } from '@drydock/sandbox-server/protocol';
import { diskSize } from '../engine-view/sizes.ts';
import { platformWord, shortDigest, sizeWord } from './parts.tsx';

export function Children({ page }: { page: HubImagePage }) {
  return (
    <section class="hub-section">
      <h2>Images of this index</h2>
      <p class="hub-note">A host pulls the one for its own platform.</p>
      <table class="hub-table">
        <thead>
          <tr>
            <th scope="col">Platform</th>
            <th scope="col">Digest</th>
            <th scope="col">Size</th>
          </tr>
        </thead>
        <tbody>
          {page.children.map(({ digest, platform, bytes, isThere, isAttestation }) => (
            <tr key={digest}>
              <th scope="row">
                {isAttestation
                  ? 'an attestation: how another was built'
                  : platform
                    ? platformWord(platform)
                    : 'not said'}
              </th>
              <td data-label="Digest">
                {!isThere ? (
                  <code title={digest}>{shortDigest(digest)}</code>
                ) : (
                  <a href={hubAddress(page.repository, digest)} title={digest}>
                    <code>{shortDigest(digest)}</code>
                  </a>
                )}
              </td>
              <td data-label="Size">
                {isThere ? sizeWord(bytes) : <span class="hub-none">not in this repository</span>}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

export function Referrers({ page }: { page: HubImagePage }) {
  return (
    <section class="hub-section">
      <h2>What refers to it</h2>
      <p class="hub-note">Signatures, lists of packages and the like, which somebody has attached to this image.</p>
      <ul class="hub-referrers">
        {page.referrers.map(({ digest, artifactType, bytes, annotations }) => (
          <li key={digest}>
            <b>{artifactType}</b>{' '}
            <a href={hubAddress(page.repository, digest)} title={digest}>
              <code>{shortDigest(digest)}</code>
            </a>{' '}
            <span class="hub-none">{diskSize(bytes)}</span>
            {annotations.map(([key, value]) => (
              <small key={key}>
                {key}: {value}
              </small>
            ))}
          </li>
        ))}
      </ul>
    </section>
  );
}
