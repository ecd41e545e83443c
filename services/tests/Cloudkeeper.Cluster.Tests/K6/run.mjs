// usage: TARGET=http://… node run.mjs scenario.js iterations   Runs the default function; fails if any check does.

import { register } from 'node:module';
import { pathToFileURL } from 'node:url';

register('./hooks.mjs', import.meta.url);
const [scenario, iterations] = process.argv.slice(2);
globalThis.__ENV = process.env;
globalThis.__VU = 1;
globalThis.__ITER = 0;

const script = await import(pathToFileURL(scenario).href);
for (; globalThis.__ITER < Number(iterations); globalThis.__ITER++) {
  script.default();
}

const { failures } = await import('./k6.mjs');
failures.forEach((failure) => console.error(failure));
const hasThresholds = Object.keys(script.options?.thresholds ?? {}).length > 0;
if (!hasThresholds) {
  console.error('the scenario has no thresholds: it could not fail');
}

process.exit(failures.length > 0 || !hasThresholds ? 1 : 0);
