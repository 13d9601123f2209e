// The certificates of one host's Docker API: a certificate authority of its own, which signs the server's and the client's and is
// then forgotten. X.509 (RFC 5280) with ECDSA on P-256, which costs the engine a tenth of what RSA does.

import { createHash, generateKeyPair, type KeyObject, randomBytes, sign } from 'node:crypto';
import { isIPv4 } from 'node:net';
import { promisify } from 'node:util';
import * as der from './der.ts';

/** In PEM. */
export interface Certificates {
  /** Of the authority. */
  readonly ca: string;
  readonly serverCert: string;
  readonly serverKey: string;
  readonly clientCert: string;
  readonly clientKey: string;
}

const dayMs = 24 * 3600 * 1000;
/** Longer than any lab is kept. */
const validMs = 10 * 365 * dayMs;
/** For machines whose clocks differ. */
const earlierMs = dayMs;

const oids = {
  ecdsaWithSha256: '1.2.840.10045.4.3.2',
  commonName: '2.5.4.3',
  keyId: '2.5.29.14',
  keyUsage: '2.5.29.15',
  alternativeNames: '2.5.29.17',
  basicConstraints: '2.5.29.19',
  authorityKeyId: '2.5.29.35',
  extendedKeyUsage: '2.5.29.37',
  serverAuthentication: '1.3.6.1.5.5.7.3.1',
  clientAuthentication: '1.3.6.1.5.5.7.3.2',
} as const;

const signature = der.sequence(der.objectId(oids.ecdsaWithSha256));

function extension(oid: string, critical: boolean, value: Buffer): Buffer {
  return der.sequence(der.objectId(oid), ...(critical ? [der.yes] : []), der.octets(value));
}

interface Party {
  readonly name: string;
  readonly publicKey: KeyObject;
  readonly privateKey: KeyObject;
}

async function party(name: string): Promise<Party> {
  return { name, ...(await promisify(generateKeyPair)('ec', { namedCurve: 'prime256v1' })) };
}

const nameOf = ({ name }: Party): Buffer =>
  der.sequence(der.set(der.sequence(der.objectId(oids.commonName), der.text(name))));

const publicBytes = ({ publicKey }: Party): Buffer => publicKey.export({ type: 'spki', format: 'der' });

/** A point of P-256, uncompressed, stands at the end of its key. */
const pointBytes = 65;
const keyIdOf = (of: Party): Buffer => createHash('sha1').update(publicBytes(of).subarray(-pointBytes)).digest();

/** In DER. */
function issue(subject: Party, issuer: Party, extensions: readonly Buffer[]): Buffer {
  const now = Date.now();
  const content = der.sequence(
    der.tagged(0, der.integer(Buffer.from([2]))), // version 3
    der.integer(Buffer.concat([Buffer.from([0x40]), randomBytes(15)])),
    signature,
    nameOf(issuer),
    der.sequence(der.time(new Date(now - earlierMs)), der.time(new Date(now + validMs))),
    nameOf(subject),
    publicBytes(subject),
    der.tagged(
      3,
      der.sequence(
        ...extensions,
        extension(oids.keyId, false, der.octets(keyIdOf(subject))),
        extension(oids.authorityKeyId, false, der.sequence(der.taggedBytes(0, keyIdOf(issuer)))),
      ),
    ),
  );
  return der.sequence(content, signature, der.bits(sign('sha256', content, issuer.privateKey)));
}

const authorityExtensions = [
  extension(oids.basicConstraints, true, der.sequence(der.yes)),
  extension(oids.keyUsage, true, der.bits(Buffer.from([0x04]), 2)), // keyCertSign
];

const leafExtensions = (purpose: string): Buffer[] => [
  extension(oids.basicConstraints, true, der.sequence()),
  extension(oids.keyUsage, true, der.bits(Buffer.from([0x80]), 7)), // digitalSignature
  extension(oids.extendedKeyUsage, false, der.sequence(der.objectId(purpose))),
];

/** DNS names and IPv4 addresses. */
const alternativeNames = (names: readonly string[]): Buffer =>
  der.sequence(
    ...names.map((name) =>
      isIPv4(name)
        ? der.taggedBytes(7, Buffer.from(name.split('.').map(Number)))
        : der.taggedBytes(2, Buffer.from(name)),
    ),
  );

const pemOf = (certificate: Buffer): string =>
  `-----BEGIN CERTIFICATE-----\n${certificate.toString('base64').replace(/.{1,64}/g, '$&\n')}-----END CERTIFICATE-----\n`;
const keyPemOf = ({ privateKey }: Party): string => privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();

/** New ones, for a server that is reached by `names`: DNS names and IPv4 addresses. */
export async function issueCertificates(names: readonly string[]): Promise<Certificates> {
  const [host = ''] = names;
  const [authority, server, client] = await Promise.all([
    party(`${host} certificate authority`),
    party(host),
    party('client'),
  ]);
  const serverExtensions = [
    ...leafExtensions(oids.serverAuthentication),
    extension(oids.alternativeNames, false, alternativeNames(names)),
  ];
  return {
    ca: pemOf(issue(authority, authority, authorityExtensions)),
    serverCert: pemOf(issue(server, authority, serverExtensions)),
    serverKey: keyPemOf(server),
    clientCert: pemOf(issue(client, authority, leafExtensions(oids.clientAuthentication))),
    clientKey: keyPemOf(client),
  };
}
