// Who a build is to a repository that not everybody may read: what its client gives as the secrets GIT_AUTH_TOKEN and GIT_AUTH_HEADER, each
// for one server (`GIT_AUTH_TOKEN.git.example.com`) or for all, as BuildKit asks for them.

/** Null where there is none of that name. */
export type SecretOf = (id: string) => Promise<Uint8Array | null>;

export const noSecrets: SecretOf = () => Promise.resolve(null);

/** Variables by which git sends it to the server of `remote` alone; none where the client gives nothing. Throws what `secretOf` throws. */
export async function gitLogin(remote: string, secretOf: SecretOf): Promise<readonly string[]> {
  const url = URL.parse(remote);
  if (!url || !/^https?:$/.test(url.protocol)) return [];
  const header = await headerFor(url.host, secretOf);
  if (header === null) return [];
  return [
    'GIT_CONFIG_COUNT=1',
    `GIT_CONFIG_KEY_0=http.${url.origin}/.extraHeader`,
    `GIT_CONFIG_VALUE_0=Authorization: ${header}`,
  ];
}

async function headerFor(host: string, secretOf: SecretOf): Promise<string | null> {
  for (const suffix of [`.${host}`, '']) {
    const token = await secretOf(`GIT_AUTH_TOKEN${suffix}`);
    if (token) return `basic ${Buffer.concat([Buffer.from('x-access-token:'), token]).toString('base64')}`;
    const header = await secretOf(`GIT_AUTH_HEADER${suffix}`);
    if (header)
      return Buffer.from(header)
        .toString()
        .replaceAll(/[\r\n\0]/g, '');
  }
  return null;
}
