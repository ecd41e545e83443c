// The part of module 'k6/http' that the scenarios use. k6's calls block, so each request is a run of curl.

import { execFileSync } from 'node:child_process';

const send = (method) => (url, body, parameters = {}) => {
  const headers = Object.entries(parameters.headers ?? {}).flatMap(([name, value]) => ['-H', `${name}: ${value}`]);
  const data = body === null || body === undefined ? [] : ['--data-binary', body];
  const output = execFileSync('curl', ['-s', '-i', '-X', method, ...headers, ...data, url], { encoding: 'utf8' });
  return parse(output);
};

function parse(output) {
  const end = output.indexOf('\r\n\r\n');
  const [statusLine, ...lines] = output.slice(0, end).split('\r\n');
  const body = output.slice(end + 4);
  return {
    status: Number(statusLine.split(' ')[1]),
    headers: Object.fromEntries(lines.map((line) => [canonical(line.split(': ')[0]), line.slice(line.indexOf(': ') + 2)])),
    body,
    json: (member) => (member === undefined ? JSON.parse(body) : JSON.parse(body)[member]),
  };
}

// k6 shows header names in Go's canonical form: ETag is Etag.
function canonical(name) {
  return name.toLowerCase().replace(/(^|-)[a-z]/g, (letter) => letter.toUpperCase());
}

export default {
  get: (url, parameters) => send('GET')(url, null, parameters),
  put: send('PUT'),
  post: send('POST'),
  del: send('DELETE'),
  expectedStatuses: (...statuses) => statuses,
  setResponseCallback: () => {},
};
