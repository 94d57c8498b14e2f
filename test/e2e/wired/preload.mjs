// Loaded by every function that MiniStack runs (NODE_OPTIONS), before the function's own code. A function of a real
// deployment reaches its databases and providers over the network; here their names lead to servers of the suite on the
// loopback interface, and every other name to nothing. TLS names stay as they are, so certificates are still checked.
import dns from 'node:dns';
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

/** Resolvers that a plan names are on the internet; the suite's own answers in their place. */
const setServers = dns.promises.Resolver.prototype.setServers;
dns.promises.Resolver.prototype.setServers = function led(servers) {
  const port = routes['dns:53'] ?? nowhere;
  return setServers.call(
    this,
    servers.map(server => (loopback.test(server) ? server : `127.0.0.1:${port}`)),
  );
};

if (process.env.LIFEBOAT_E2E_CA)
  tls.setDefaultCACertificates([...tls.getCACertificates('default'), process.env.LIFEBOAT_E2E_CA]);
