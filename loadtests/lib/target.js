// Where the load goes: a proxy or a gateway, from the environment.

export const target = (__ENV.TARGET || 'http://127.0.0.1:8080').replace(/\/+$/, '');

// Each virtual user works below a node of its own, so that conditions and counts are not disturbed by the others.
export function ownPath(name) {
  return `/k6/${__VU}/${name}`;
}
