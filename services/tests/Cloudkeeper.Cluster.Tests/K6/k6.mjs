// The part of module 'k6' that the scenarios use. Failed checks are collected for the runner.

export const failures = [];

export function check(response, checks) {
  const failed = Object.entries(checks).filter(([, holds]) => !holds(response));
  failures.push(...failed.map(([name]) => `${name}, but ${response.status} ${response.body}`));
  return failed.length === 0;
}
