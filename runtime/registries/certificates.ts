// The certificate authorities of single registries, where Docker looks for them: /etc/docker/certs.d/HOST:PORT/ca.crt of the workspace.

import { readBeneath } from '../kernel/safe-read.ts';

const maxFileBytes = 64 * 1024;
/** Docker takes any `*.crt`; this one is what every guide says. */
const fileName = 'ca.crt';

/** Reads them in the workspace whose process is `pid`; the files are the student's. */
export function authoritiesIn(pid: number): (place: string) => string | null {
  return (place) => {
    if (!/^[A-Za-z0-9.:_[\]-]{1,300}$/.test(place) || place.startsWith('.')) return null;
    return readBeneath(`/proc/${pid}/root`, `etc/docker/certs.d/${place}/${fileName}`, maxFileBytes);
  };
}
