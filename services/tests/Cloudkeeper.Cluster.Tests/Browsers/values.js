// Tries to have a browser run what stands at an address, in every way that there is.
// Each way ends with an event. Frames that become a download have none, and shared workers not always: they are only begun.
async (url) => {
  // What never ends is named.
  const limited = (name, promise) => Promise.race([
    promise, new Promise((_, fail) => setTimeout(() => fail(new Error(`${name} of ${url} does not end`)), 40000))]);
  const ended = (name, start) => limited(name, new Promise((done) => {
    try {
      start(done);
    } catch {
      done();
    }
  }));
  const loaded = (tag, attributes) => ended(`${tag} ${attributes.type}`, (done) => {
    const element = document.createElement(tag);
    element.onload = element.onerror = done;
    Object.assign(element, attributes);
    document.body.append(element);
  });
  const begun = (tag, attributes) => {
    const element = document.createElement(tag);
    Object.assign(element, attributes);
    document.body.append(element);
  };
  const worked = (create) => ended(`${create}`, (done) => {
    const worker = create();
    worker.onmessage = worker.onerror = done;
  });
  const tried = (start) => limited(`${start}`, (async () => {
    try {
      await start();
    } catch {
      // Refused.
    }
  })());

  const absolute = new URL(url, location.href).href;
  const importing = `try { importScripts('${absolute}'); } catch { } postMessage(1);`;
  begun('iframe', { src: url });
  begun('object', { data: url });
  begun('embed', { src: url });
  await tried(() => new SharedWorker(url));
  await Promise.all([
    loaded('script', { src: url }),
    loaded('script', { src: url, type: 'module' }),
    loaded('link', { rel: 'stylesheet', href: url }),
    loaded('img', { src: url }),
    tried(() => import(absolute)),
    worked(() => new Worker(url)),
    worked(() => new Worker(url, { type: 'module' })),
    worked(() => new Worker(URL.createObjectURL(new Blob([importing])))),
    tried(() => CSS.paintWorklet.addModule(url)),
    tried(async () => (await navigator.serviceWorker.register(url)).unregister()),
  ]);
}
