/** What is in an image: the packages that it holds, and what is known about them. */
interface ImageContentsProps {
  readonly repository: string;
  readonly digest: string;
}

/** Nothing yet: the hub does not look into images. */
export function ImageContents(_: ImageContentsProps) {
  return null;
}
