// Checks that say what was wrong: k6 counts them by name, and thresholds on `checks` fail the run.

import { check } from 'k6';

export function answers(response, status, what) {
  return check(response, { [`${what}: ${status}`]: (r) => r.status === status });
}

export function holds(response, value, what) {
  return check(response, { [`${what}: the value`]: (r) => r.status === 200 && r.body === value });
}

export function refuses(response, status, code, what) {
  return check(response, {
    [`${what}: ${status} ${code}`]: (r) => r.status === status && r.json('code') === code,
  });
}

// Every answer that looked at the state says at which revision: the token of causal reads.
export function carriesRevision(response, what) {
  return check(response, { [`${what}: a revision`]: (r) => Number(r.headers['Cloudkeeper-Revision']) > 0 });
}
