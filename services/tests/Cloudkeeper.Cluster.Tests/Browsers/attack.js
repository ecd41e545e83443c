// What a page of another origin can send without asking anybody, to every route of every server.
// Answers with what it could read or open, which must be nothing. C# looks at how each request was answered.
async (servers) => {
  const got = [];
  const body = '{"then":[{"put":{"path":"/pwned","value":"1"}}]}';
  const types = ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data'];

  // What never ends is named.
  const limited = (name, promise) => Promise.race([
    promise, new Promise((_, fail) => setTimeout(() => fail(new Error(`${name} does not end`)), 40000))]);

  const attempt = async (url, options) => {
    try {
      const answer = await fetch(url, options);
      if (answer.type !== 'opaque') {
        got.push(`${options.method} ${url}: ${answer.status}`);
      }
    } catch {
      // The browser keeps the answer from us.
    }
  };

  const loaded = (tag, attributes) => limited(`${tag} ${attributes.src ?? attributes.href}`, new Promise((done) => {
    const element = document.createElement(tag);
    element.onload = element.onerror = () => {
      element.remove();
      done();
    };
    document.body.append(element);
    Object.assign(element, attributes);
  }));

  let frames = 0;
  const submitted = (url, type) => limited(`form ${type} ${url}`, new Promise((done) => {
    const frame = document.createElement('iframe');
    frame.name = `frame${frames++}`;
    document.body.append(frame);
    const form = document.createElement('form');
    Object.assign(form, { action: url, method: 'post', enctype: type, target: frame.name });
    const field = document.createElement('input');
    Object.assign(field, { name: '{"then":[{"put":{"path":"/pwned","value":"', value: '"}}]}' });
    form.append(field);
    document.body.append(form);
    frame.onload = () => {
      frame.remove();
      form.remove();
      done();
    };
    form.submit();
  }));

  const opened = (channel, url) => limited(`${channel.constructor.name} ${url}`, new Promise((done) => {
    channel.onopen = () => {
      got.push(`open ${url}`);
      channel.close();
      done();
    };
    channel.onerror = () => {
      channel.close();
      done();
    };
  }));

  for (const { base, routes } of servers) {
    await Promise.all(routes.flatMap((route, i) => {
      const url = base + route;
      return [
        ...['GET', 'HEAD'].map((method) => attempt(url, { method, mode: 'no-cors' })),
        ...types.slice(0, 2).map((type) =>
          attempt(url, { method: 'POST', mode: 'no-cors', body, headers: { 'content-type': type } })),
        attempt(url, { method: 'POST', mode: 'no-cors', body: new Blob([body]) }),
        attempt(url, { method: 'GET', mode: 'cors' }),
        ...['PUT', 'POST', 'DELETE', 'PATCH'].map((method) =>
          attempt(url, { method, mode: 'cors', body, headers: { 'content-type': 'application/json' } })),
        submitted(url, types[i % types.length]),
        loaded('img', { src: url }),
        loaded('script', { src: url }),
        loaded('link', { rel: 'stylesheet', href: url }),
        loaded('iframe', { src: url }),
        opened(new EventSource(url), url),
        // One after the other, the browser opens them.
        ...(i % 6 === 0 ? [opened(new WebSocket(url.replace('http:', 'ws:')), url)] : []),
        Promise.resolve(navigator.sendBeacon(url, body)),
      ];
    }));
  }

  return got;
}
