// Asks Redis one thing, and gives the answer as text.
const net = require('node:net');

exports.command = (host, line) =>
  new Promise((resolve, reject) => {
    const socket = net.connect({ host, port: 6379, timeout: 2000 });
    socket.on('connect', () => socket.write(`${line}\r\n`));
    socket.on('data', (data) => {
      resolve(data.toString().slice(1).trim());
      socket.end();
    });
    socket.on('timeout', () => socket.destroy(new Error('no answer')));
    socket.on('error', reject);
  });
