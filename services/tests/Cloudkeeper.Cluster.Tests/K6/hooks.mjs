// Lets node run k6 scripts: k6's own modules become the stand-ins beside this file, and .js files are modules.

const standIns = new Map([
  ['k6', new URL('./k6.mjs', import.meta.url).href],
  ['k6/http', new URL('./http.mjs', import.meta.url).href],
]);

export async function resolve(specifier, context, next) {
  return standIns.has(specifier) ? { url: standIns.get(specifier), shortCircuit: true } : next(specifier, context);
}

export async function load(url, context, next) {
  return next(url, url.endsWith('.js') ? { ...context, format: 'module' } : context);
}
