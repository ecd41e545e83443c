// The routes of the HTTP API that the scenarios use. Requests are tagged by operation rather than by URL: thresholds and
// summaries then have one line an operation instead of one a node.

import http from 'k6/http';
import { target } from './target.js';

export function put(path, value, { query = '', headers = {}, operation = 'write' } = {}) {
  return http.put(`${target}/v1/nodes${path}${query}`, value, parameters(operation, {
    'Content-Type': 'text/plain',
    ...headers,
  }));
}

export function get(path, { query = '', headers = {}, operation = 'read' } = {}) {
  return http.get(`${target}/v1/nodes${path}${query}`, parameters(operation, headers));
}

export function remove(path, { query = '', headers = {} } = {}) {
  return http.del(`${target}/v1/nodes${path}${query}`, null, parameters('delete', headers));
}

export function transact(transaction) {
  return postJson('/v1/transactions', transaction, 'transaction');
}

export function createSession(ttl) {
  return postJson('/v1/sessions', { ttl }, 'session');
}

export function closeSession(id) {
  return http.del(`${target}/v1/sessions/${id}`, null, parameters('session', {}));
}

export function acquireLock(path, request) {
  return postJson(`/v1/locks${path}`, request, 'lock');
}

// Refusals are answers that a scenario asks for on purpose: they must not count as failed requests.
export function expectRefusals(...statuses) {
  http.setResponseCallback(http.expectedStatuses({ min: 200, max: 399 }, ...statuses));
}

function postJson(path, body, operation) {
  return http.post(`${target}${path}`, JSON.stringify(body), parameters(operation, { 'Content-Type': 'application/json' }));
}

function parameters(operation, headers) {
  return { headers, tags: { operation, name: operation } };
}
