// Loaded by every function that MiniStack runs (NODE_OPTIONS), before the function's own code. A function of a real
// deployment reaches its databases and providers over the network; here their names lead to servers of the suite on the
// loopback interface, and every other name to nothing. TLS names stay as they are, so certificates are still checked.
import dgram from 'node:dgram';
import dns from 'node:dns';
import { readFileSync } from 'node:fs';
import https from 'node:https';
import net from 'node:net';
import tls from 'node:tls';

/** Ports by `name:port`; `*` for every port of a name, or for the first label of one (`*.shop.example:5432`). */
const routes = JSON.parse(process.env.LIFEBOAT_E2E_ROUTES ?? '{}');
const loopback = /^(127\.|localhost$|::1$)/;
/** Nobody listens on the port of the discard protocol. */
const nowhere = 9;

function lead({ host = 'localhost', port }) {
  if (loopback.test(host)) return { host, port };
  const below = host.replace(/^[^.]+/, '*');
  const to = routes[`${host}:${port}`] ?? routes[`${host}:*`] ?? routes[`${below}:${port}`] ?? nowhere;
  return { host: '127.0.0.1', port: to };
}

const connect = net.Socket.prototype.connect;
net.Socket.prototype.connect = function led(...args) {
  const [first, second] = args;
  // Node hands its own arguments on as a marked list, which has to stay the same list.
  if (Array.isArray(first)) {
    if (first[0]?.port !== undefined) first[0] = { ...first[0], ...lead(first[0]) };
  } else if (typeof first === 'object' && first.port !== undefined) {
    args[0] = { ...first, ...lead(first) };
  } else if (typeof first === 'number' || /^\d+$/.test(first)) {
    const { host, port } = lead({
      port: Number(first),
      host: typeof second === 'string' ? second : 'localhost',
    });
    args.splice(0, typeof second === 'string' ? 2 : 1, port, host);
  }
  return connect.apply(this, args);
};

/** Resolvers and name servers are on the internet; the suite's own answers in their place. */
const dnsPort = routes['dns:53'] ?? nowhere;
dns.setServers(['127.0.0.1']);
const send = dgram.Socket.prototype.send;
dgram.Socket.prototype.send = function led(message, port, host, ...rest) {
  return port === 53
    ? send.call(this, message, dnsPort, '127.0.0.1', ...rest)
    : send.call(this, message, port, host, ...rest);
};

// MiniStack puts a request function of its own here, which leads every name of AWS to MiniStack and takes TLS away from
// 127.0.0.1. A load balancer and a region that is lost have names of AWS, and the Kubernetes API server is at 127.0.0.1.
for (const name of ['request', 'get']) {
  const real = https[name];
  Object.defineProperty(https, name, { get: () => real, set: () => {} });
}

if (process.env.LIFEBOAT_E2E_CA)
  tls.setDefaultCACertificates([...tls.getCACertificates('default'), process.env.LIFEBOAT_E2E_CA]);

/** The clock of the world, which the suite puts forward; see `clock.ts`. */
const clockFile = process.env.LIFEBOAT_E2E_CLOCK;
if (clockFile) {
  const MachineDate = Date;
  const machineNow = Date.now;
  const freshMs = 50;
  let readAt = Number.NEGATIVE_INFINITY;
  let aheadMs = 0;
  const now = () => {
    if (performance.now() - readAt > freshMs) {
      aheadMs = Number(readFileSync(clockFile, 'utf8'));
      readAt = performance.now();
    }
    return machineNow() + aheadMs;
  };
  MachineDate.now = now;
  globalThis.Date = new Proxy(MachineDate, {
    construct: (target, args, made) => Reflect.construct(target, args.length > 0 ? args : [now()], made),
    apply: () => new MachineDate(now()).toString(),
  });
}
