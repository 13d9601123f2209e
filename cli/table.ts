// Columns of text for a terminal: as wide as the widest cell, two spaces apart, no lines.

/** What others have written, without what a terminal would take for orders. */
export function printable(text: string): string {
  return text.replace(/\p{C}+/gu, ' ');
}

/** The last column is not padded, so that a line ends where its text ends. */
export function formatTable(rows: readonly (readonly string[])[]): string {
  const widths: number[] = [];
  for (const row of rows) {
    row.forEach((cell, column) => {
      widths[column] = Math.max(widths[column] ?? 0, cell.length);
    });
  }
  return rows
    .map((row) => row.map((cell, column) => (column === row.length - 1 ? cell : cell.padEnd(widths[column] ?? 0))))
    .map((row) => row.join('  ').trimEnd())
    .join('\n');
}
