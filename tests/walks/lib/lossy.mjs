// A bad way between a publisher and the server's UDP port: so many of a hundred packets get lost, both ways.
import { createSocket } from 'node:dgram';

export async function lossy(port, percent) {
  const outside = createSocket('udp4');
  const inside = new Map(); // publisher's address > our socket towards the server
  const way = { percent, lost: 0, passed: 0 };
  const passes = () => {
    const lost = Math.random() * 100 < way.percent;
    way[lost ? 'lost' : 'passed']++;
    return !lost;
  };
  outside.on('message', (packet, from) => {
    const name = `${from.address}:${from.port}`;
    if (!inside.has(name)) {
      const socket = createSocket('udp4');
      socket.on('message', (back) => passes() && outside.send(back, from.port, from.address));
      inside.set(name, socket);
    }
    if (passes()) inside.get(name).send(packet, port, '127.0.0.1');
  });
  await new Promise((done) => outside.bind(0, '127.0.0.1', done));
  way.port = outside.address().port;
  way.close = () => [outside, ...inside.values()].forEach((socket) => socket.close());
  return way;
}
