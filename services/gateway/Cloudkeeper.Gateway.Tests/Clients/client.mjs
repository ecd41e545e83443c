// What clients do every day, done with clients that know nothing of Cloudkeeper: undici for requests, eventsource for
// events. Arguments: the addresses of two gateways of one cluster. Ends with 0, or with what was not as it should be.
import assert from 'node:assert/strict';
import net from 'node:net';
import { EventSource } from 'eventsource';
import { request } from 'undici';

const [first, second] = process.argv.slice(2);
const patience = 60_000;

async function call(method, url, { body, headers, status } = {}) {
  const response = await request(url, { method, body, headers });
  const text = await response.body.text();
  assert.equal(response.statusCode, status, `${method} ${url}: ${text}`);
  const isJson = /json/.test(response.headers['content-type'] ?? '');
  return { headers: response.headers, text, json: isJson && text ? JSON.parse(text) : undefined };
}

function inTime(promise, what) {
  let timer;
  const late = new Promise((_, reject) => { timer = setTimeout(() => reject(new Error(`${what}: never`)), patience); });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

async function putAndGet() {
  const node = `${first}/v1/nodes/foreign/k%C3%A4se%20brot`;
  const created = await call('PUT', `${node}?parents=true`, { body: 'grün', headers: { 'content-type': 'text/plain' }, status: 201 });
  assert.equal(created.json.path, '/foreign/käse brot');
  const read = await call('GET', node.replace(first, second), { status: 200 });
  assert.equal(read.text, 'grün');
  assert.equal(read.headers['content-type'], 'text/plain');
  const { etag } = read.headers;
  await call('GET', node, { headers: { 'if-none-match': etag }, status: 304 });
  await call('PUT', node, { body: 'rot', headers: { 'if-match': etag }, status: 200 });
  const refused = await call('PUT', node, { body: 'blau', headers: { 'if-match': etag }, status: 412 });
  assert.equal(refused.json.code, 'revision-mismatch');
  const transaction = JSON.stringify({ if: [{ path: '/foreign', exists: true }], then: [{ add: { path: '/foreign/count', amount: 2 } }] });
  const done = await call('POST', `${first}/v1/transactions`, { body: transaction, headers: { 'content-type': 'application/json' }, status: 200 });
  assert.equal(done.json.results[0].value, 2);
}

// Passes bytes on to one gateway or the other, and can cut everybody off.
async function startRelay(target) {
  const open = new Set();
  const relay = { target, connections: 0, cut: () => open.forEach(socket => socket.destroy()) };
  const server = net.createServer(client => {
    const { hostname, port } = new URL(relay.target);
    const upstream = net.connect(Number(port), hostname);
    relay.connections++;
    for (const [socket, other] of [[client, upstream], [upstream, client]]) {
      open.add(socket);
      socket.on('error', () => other.destroy());
      socket.on('close', () => { open.delete(socket); other.destroy(); });
      socket.pipe(other);
    }
  });
  await new Promise(resolve => server.listen(0, '127.0.0.1', resolve));
  relay.url = `http://127.0.0.1:${server.address().port}`;
  relay.close = () => { relay.cut(); server.close(); };
  return relay;
}

async function watchAndResume() {
  const relay = await startRelay(first);
  const source = new EventSource(`${relay.url}/v1/watch?path=/watched&scope=subtree&values=true`);
  const seen = [];
  let wake = () => {};
  for (const name of ['created', 'changed', 'deleted']) {
    source.addEventListener(name, event => {
      const data = JSON.parse(event.data);
      assert.equal(event.lastEventId, String(data.revision));
      seen.push(`${name} ${data.value ?? ''}`);
      wake();
    });
  }

  const reached = count => inTime((async () => {
    while (seen.length < count) {
      await new Promise(resolve => { wake = resolve; });
    }
  })(), `${count} events`);
  await inTime(new Promise(resolve => { source.onopen = resolve; }), 'open');
  const put = value => call('PUT', `${second}/v1/nodes/watched`, { body: value, status: value === '1' ? 201 : 200 });
  await put('1');
  await put('2');
  await reached(2);

  // While it is away things happen, and when it comes back it is to another gateway.
  relay.target = second;
  relay.cut();
  await put('3');
  await call('DELETE', `${first}/v1/nodes/watched`, { status: 204 });
  await reached(4);
  assert.deepEqual(seen, ['created 1', 'changed 2', 'changed 3', 'deleted ']);
  assert.ok(relay.connections > 1);
  source.close();
  relay.close();
}

async function lock() {
  const acquire = (gateway, body) => request(`${gateway}/v1/locks/foreign-lock`, { method: 'POST', body: JSON.stringify(body) });
  const held = await (await acquire(first, { ttl: '30s', owner: 'a' })).body.json();
  assert.equal(held.state, 'held');
  const waiting = acquire(second, { ttl: '30s', owner: 'b', wait: '30s' });
  const fence = { 'cloudkeeper-fence': String(held.fencingToken) };
  await call('PUT', `${first}/v1/nodes/guarded`, { body: 'a', headers: fence, status: 201 });
  await call('DELETE', `${second}/v1/tickets/${held.ticket}`, { status: 204 });
  const next = await (await inTime(waiting, 'the lock')).body.json();
  assert.equal(next.state, 'held');
  assert.ok(next.fencingToken > held.fencingToken);
  const lost = await call('PUT', `${second}/v1/nodes/guarded`, { body: 'a', headers: fence, status: 412 });
  assert.equal(lost.json.code, 'fence-lost');
}

await putAndGet();
await watchAndResume();
await lock();
process.exit(0);
