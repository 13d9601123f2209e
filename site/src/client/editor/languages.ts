/** Which language a file is in, by its name. */

/** The editor's name of a language; what is not known is plain text. */
export function languageOf(path: string): string {
  const name = path.split('/').at(-1)?.toLowerCase() ?? '';
  if (/^(dockerfile|containerfile)(\.|$)|\.dockerfile$/.test(name)) return 'dockerfile';
  if (name === '.bashrc' || name === '.profile' || name === '.bash_aliases') return 'shell';
  return byEnding[name.split('.').at(-1) ?? ''] ?? 'plaintext';
}

const byEnding: Readonly<Record<string, string>> = {
  yaml: 'yaml',
  yml: 'yaml',
  sh: 'shell',
  bash: 'shell',
  js: 'javascript',
  mjs: 'javascript',
  cjs: 'javascript',
  json: 'json',
  css: 'css',
  html: 'html',
  htm: 'html',
  md: 'markdown',
  ini: 'ini',
  conf: 'ini',
  env: 'ini',
};

/** Whether a file is a compose file: `compose.yaml`, `docker-compose.prod.yml`. */
export function isCompose(path: string): boolean {
  return /(^|\/)(docker-)?compose(\.[\w-]+)*\.ya?ml$/i.test(path);
}
