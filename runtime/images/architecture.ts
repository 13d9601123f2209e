// What this machine's processor is called.

/** `process.arch` in Go's words, which OCI uses. */
export const goArchitecture: string = process.arch === 'x64' ? 'amd64' : process.arch;
