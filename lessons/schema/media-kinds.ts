// What of a lesson's folder a page may show: everything else stays there. Small and without imports.

export const pictureKinds: readonly string[] = ['png', 'jpg', 'jpeg', 'webp', 'avif', 'gif', 'svg'];
/** What every browser plays without a licence of ours, and captions. */
export const videoKinds: readonly string[] = ['mp4', 'webm'];
export const captionKinds: readonly string[] = ['vtt'];

export function kindOf(file: string): string {
  return /\.([a-z0-9]+)$/i.exec(file)?.[1]?.toLowerCase() ?? '';
}

export function isMedia(file: string): boolean {
  return [...pictureKinds, ...videoKinds, ...captionKinds].includes(kindOf(file));
}
