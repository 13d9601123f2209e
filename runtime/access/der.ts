// DER, as far as a certificate needs it (X.690): each function gives one whole element.

/** An element with `tag` and the parts as its content, one after the other. */
export function element(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(parts);
  return Buffer.concat([Buffer.from([tag, ...lengthOf(content.length)]), content]);
}

function lengthOf(bytes: number): number[] {
  if (bytes < 0x80) return [bytes];
  return bytes < 0x100 ? [0x81, bytes] : [0x82, bytes >> 8, bytes & 0xff];
}

export const sequence = (...parts: readonly Uint8Array[]): Buffer => element(0x30, ...parts);
export const set = (...parts: readonly Uint8Array[]): Buffer => element(0x31, ...parts);
export const octets = (content: Uint8Array): Buffer => element(0x04, content);
export const text = (content: string): Buffer => element(0x0c, Buffer.from(content));
export const yes = element(0x01, Buffer.from([0xff]));

/** A number that is not negative, its bytes the highest first. */
export function integer(bytes: Uint8Array): Buffer {
  return element(0x02, (bytes[0] ?? 0) < 0x80 ? bytes : Buffer.concat([Buffer.from([0]), bytes]));
}

/** Whole bytes of bits, of which the last `unused` do not count. */
export function bits(content: Uint8Array, unused = 0): Buffer {
  return element(0x03, Buffer.from([unused]), content);
}

/** `1.2.840.10045.4.3.2`: each part after the second in groups of 7 bits. */
export function objectId(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  const groups = rest.flatMap((part) => {
    const found = [part & 0x7f];
    for (let left = part >> 7; left > 0; left >>= 7) found.unshift((left & 0x7f) | 0x80);
    return found;
  });
  return element(0x06, Buffer.from([first * 40 + second, ...groups]));
}

/** To the second. Years from 2050 on have four digits (RFC 5280 §4.1.2.5). */
export function time(at: Date): Buffer {
  const digits = `${at
    .toISOString()
    .replace(/\.\d+Z$/, '')
    .replace(/\D/g, '')}Z`;
  return at.getUTCFullYear() < 2050 ? element(0x17, Buffer.from(digits.slice(2))) : element(0x18, Buffer.from(digits));
}

/** An optional field or a choice: `[number]`. */
export const tagged = (number: number, ...parts: readonly Uint8Array[]): Buffer => element(0xa0 | number, ...parts);
/** The same of a string of bytes, whose own tag is left out. */
export const taggedBytes = (number: number, content: Uint8Array): Buffer => element(0x80 | number, content);
