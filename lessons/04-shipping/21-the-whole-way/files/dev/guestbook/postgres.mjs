// Asks a PostgreSQL server, for one statement at a time. At work you would take a package for that, such as pg; this file needs
// no network to be installed. It speaks version 3 of the protocol, and logs in with SCRAM-SHA-256 (RFC 7677).
import { createHash, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto';
import { connect } from 'node:net';

const { DB_HOST = 'db', DB_USER = 'postgres', DB_NAME = 'postgres', DB_PASSWORD = '' } = process.env;

const text = (word) => Buffer.from(`${word}\0`);
const int16 = (number) => Buffer.from([number >> 8, number & 255]);
function int32(number) {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(number);
  return bytes;
}

/** A message: a letter for its kind, its length, what it says. */
function message(kind, ...parts) {
  const body = Buffer.concat(parts);
  return Buffer.concat([Buffer.from(kind), int32(body.length + 4), body]);
}

/** The messages that come from the server, one after the other. */
async function* messages(socket) {
  let bytes = Buffer.alloc(0);
  for await (const piece of socket) {
    bytes = Buffer.concat([bytes, piece]);
    while (bytes.length >= 5 && bytes.length > bytes.readInt32BE(1)) {
      const end = bytes.readInt32BE(1) + 1;
      yield { kind: String.fromCharCode(bytes[0]), body: bytes.subarray(5, end) };
      bytes = bytes.subarray(end);
    }
  }
  throw new Error('the connection was closed');
}

const hmac = (key, words) => createHmac('sha256', key).update(words).digest();

/** Proves that the password is known, without sending it. */
function proof(challenge, first) {
  const { r: nonce, s: salt, i: rounds } = Object.fromEntries(challenge.split(',').map((part) => part.split(/=(.*)/s)));
  const salted = pbkdf2Sync(DB_PASSWORD, Buffer.from(salt, 'base64'), Number(rounds), 32, 'sha256');
  const clientKey = hmac(salted, 'Client Key');
  const final = `c=biws,r=${nonce}`;
  const signature = hmac(createHash('sha256').update(clientKey).digest(), `${first},${challenge},${final}`);
  return `${final},p=${Buffer.from(clientKey.map((byte, place) => byte ^ signature[place])).toString('base64')}`;
}

function rowOf(body) {
  let at = 2;
  return Array.from({ length: body.readInt16BE(0) }, () => {
    const length = body.readInt32BE(at);
    at += 4 + Math.max(length, 0);
    return length < 0 ? null : body.toString('utf8', at - length, at);
  });
}

/** Runs a statement, with values for its $1, $2, …. Gives its rows, each a list of texts. */
export async function query(statement, values = []) {
  const socket = connect(5432, DB_HOST).setTimeout(5000, () => socket.destroy(new Error('no answer in 5 seconds')));
  const first = `n=,r=${randomBytes(18).toString('base64')}`;
  const start = Buffer.concat([int32(196608), text('user'), text(DB_USER), text('database'), text(DB_NAME), text('')]);
  socket.write(Buffer.concat([int32(start.length + 4), start]));
  const rows = [];
  let isLoggedIn = false;
  try {
    for await (const { kind, body } of messages(socket)) {
      if (kind === 'E') throw new Error(/\0M([^\0]*)/.exec(body.toString('utf8'))?.[1] ?? 'an error without words');
      if (kind === 'D') rows.push(rowOf(body));
      if (kind === 'R' && body.readInt32BE(0) === 10)
        socket.write(message('p', text('SCRAM-SHA-256'), int32(first.length + 3), Buffer.from(`n,,${first}`)));
      if (kind === 'R' && body.readInt32BE(0) === 11)
        socket.write(message('p', Buffer.from(proof(body.toString('utf8', 4), first))));
      if (kind === 'Z' && isLoggedIn) return rows;
      if (kind === 'Z') {
        isLoggedIn = true;
        const given = values.map((value) => Buffer.concat([int32(Buffer.byteLength(value)), Buffer.from(value)]));
        socket.write(message('P', text(''), text(statement), int16(0)));
        socket.write(message('B', text(''), text(''), int16(0), int16(given.length), ...given, int16(0)));
        socket.write(Buffer.concat([message('E', text(''), int32(0)), message('S')]));
      }
    }
  } finally {
    socket.destroy();
  }
}
