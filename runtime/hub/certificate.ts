// The hub's certificate inside hosts, of an authority that signed it and is forgotten. Made once, with the engine's data.

import fs from 'node:fs';
import { open } from 'node:fs/promises';
import { z } from 'zod';
import { issueCertificates } from '../access/certificates.ts';
import { EngineError } from '../errors.ts';

/** In PEM. */
export interface HubCertificate {
  /** Of the authority. */
  readonly authority: string;
  readonly certificate: string;
  readonly key: string;
}

/** What OpenSSL calls the authority by: of its name, which is always the same (`openssl x509 -hash`). */
export const authorityHash = '4758c46a';

const schema = z.strictObject({
  version: z.literal(1),
  authority: z.string(),
  certificate: z.string(),
  key: z.string(),
});

/** For a server that is reached by `names`. Throws dataLoss where the file holds something else. */
export async function openCertificate(path: string, names: readonly string[]): Promise<HubCertificate> {
  const there = fs.existsSync(path) ? read(path) : null;
  if (there) return there;
  const { ca, serverCert, serverKey } = await issueCertificates(names);
  const made: HubCertificate = { authority: ca, certificate: serverCert, key: serverKey };
  const fresh = `${path}.new`;
  fs.rmSync(fresh, { force: true });
  const file = await open(fresh, 'wx', 0o600);
  try {
    await file.writeFile(JSON.stringify({ version: 1, ...made }));
    await file.sync();
  } finally {
    await file.close();
  }
  fs.renameSync(fresh, path);
  return made;
}

function read(path: string): HubCertificate {
  try {
    return schema.parse(JSON.parse(fs.readFileSync(path, 'utf8')));
  } catch (cause) {
    // Hosts trust the authority that they were made with: another one is for an operator to decide on.
    throw new EngineError('dataLoss', `${path} does not hold the hub's certificate; remove it to have a new one`, {
      cause,
    });
  }
}
