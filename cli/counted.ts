// A number with its noun, for sentences: `1 task`, `3 tasks`, `0 vulnerabilities`.

export function counted(many: number, one: string, more = `${one}s`): string {
  return `${many} ${many === 1 ? one : more}`;
}
