// Does everything a client does every day work, under a little concurrency, and quickly enough to be usable?
// A handful of virtual users go through the whole API as one story; any wrong answer fails the run.

import { acquireLock, closeSession, createSession, expectRefusals, get, put, remove, transact } from '../lib/cloudkeeper.js';
import { answers, carriesRevision, holds, refuses } from '../lib/checks.js';
import { ownPath } from '../lib/target.js';

export const options = {
  vus: 8,
  duration: '30s',
  thresholds: {
    checks: ['rate==1'],
    http_req_failed: ['rate==0'],
    'http_req_duration{operation:write}': ['p(99)<100'],
    'http_req_duration{operation:read}': ['p(99)<50'],
    'http_req_duration{operation:stale}': ['p(99)<25'],
  },
};

expectRefusals(404, 412);

export default function () {
  valuesAreReadBack();
  conditionsAreJudged();
  transactionsCount();
  locksExclude();
}

function valuesAreReadBack() {
  const path = ownPath('value');
  const value = `${__VU}-${__ITER}`;
  const written = put(path, value, { query: '?parents=true' });
  answers(written, __ITER === 0 ? 201 : 200, 'write');
  carriesRevision(written, 'write');

  const read = get(path);
  holds(read, value, 'linearizable read');
  answers(get(path, { headers: { 'If-None-Match': read.headers.Etag } }), 304, 'unchanged');
  const stale = get(path, { query: '?consistency=stale', operation: 'stale' });
  answers(stale, stale.status === 404 ? 404 : 200, 'stale read'); // a gateway may not have heard of the node yet
}

function conditionsAreJudged() {
  const path = ownPath('condition');
  answers(put(path, 'first', { headers: { 'If-None-Match': '*' } }), 201, 'create');
  refuses(put(path, 'again', { headers: { 'If-None-Match': '*' } }), 412, 'node-exists', 'create again');
  refuses(put(path, 'old', { headers: { 'If-Match': '"1"' } }), 412, 'revision-mismatch', 'outdated write');
  answers(remove(path), 204, 'delete');
  refuses(get(path), 404, 'node-not-found', 'deleted');
}

function transactionsCount() {
  const answer = transact({ then: [{ add: { path: ownPath('counter'), amount: 1 } }] });
  answers(answer, 200, 'transaction');
  holds(get(ownPath('counter')), `${__ITER + 1}`, 'counter');
}

function locksExclude() {
  const [mine, other] = [createSession('30s').json('id'), createSession('30s').json('id')];
  const lock = ownPath('lock');
  const held = acquireLock(lock, { session: mine });
  answers(held, 200, 'free lock');
  answers(acquireLock(lock, { session: other }), 202, 'held lock');

  const fence = { 'Cloudkeeper-Fence': `${held.json('fencingToken')}` };
  answers(put(ownPath('value'), 'guarded', { headers: fence }), 200, 'guarded write');
  answers(closeSession(mine), 204, 'close session');
  refuses(put(ownPath('value'), 'late', { headers: fence }), 412, 'fence-lost', 'late write');
  answers(closeSession(other), 204, 'close session');
}
