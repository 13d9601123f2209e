// Keys of SSH as OpenSSH keeps them in files: Ed25519, without a passphrase (its PROTOCOL.key, RFC 8709).

import { generateKeyPair, randomBytes } from 'node:crypto';
import { promisify } from 'node:util';

export interface SshKey {
  /** The whole file. */
  readonly privateKey: string;
  /** `ssh-ed25519 AAAA…`, without a comment. */
  readonly publicKey: string;
}

const algorithm = 'ssh-ed25519';
const blockBytes = 8;

const number = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
};

/** A string of RFC 4251 §5: its length, and its bytes. */
function string(content: string | Uint8Array): Buffer {
  const bytes = typeof content === 'string' ? Buffer.from(content) : content;
  return Buffer.concat([number(bytes.length), bytes]);
}

/** A new key, with `comment` in its private file. */
export async function newSshKey(comment: string): Promise<SshKey> {
  const { privateKey } = await promisify(generateKeyPair)('ed25519');
  const { d = '', x = '' } = privateKey.export({ format: 'jwk' });
  const [secret, point] = [Buffer.from(d, 'base64url'), Buffer.from(x, 'base64url')];
  const publicBlob = Buffer.concat([string(algorithm), string(point)]);
  const check = randomBytes(4); // twice: by it a wrong passphrase is noticed
  const plain = Buffer.concat([check, check, publicBlob, string(Buffer.concat([secret, point])), string(comment)]);
  const padding = Buffer.from(Array.from({ length: -plain.length & (blockBytes - 1) }, (_, index) => index + 1));
  const file = Buffer.concat([
    Buffer.from('openssh-key-v1\0'),
    ...[string('none'), string('none'), string('')], // cipher, derivation, its options
    ...[number(1), string(publicBlob), string(Buffer.concat([plain, padding]))],
  ]);
  const lines = file.toString('base64').replace(/.{1,70}/g, '$&\n');
  return {
    privateKey: `-----BEGIN OPENSSH PRIVATE KEY-----\n${lines}-----END OPENSSH PRIVATE KEY-----\n`,
    publicKey: `${algorithm} ${publicBlob.toString('base64')}`,
  };
}
