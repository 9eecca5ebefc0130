import { createReadStream, statSync } from 'node:fs';
import { createServer } from 'node:http';
import { pipeline } from 'node:stream';
import { answerRequests } from './answer-requests.js';
import { listenAnywhere } from './listen-anywhere.js';

/* Baseline of a layer down: node:http streaming the same file to whoever asks. */
answerRequests<{ path: string }, number>(async ({ path }) => {
  const server = createServer((_request, response) => {
    response.writeHead(200, {
      'Content-Type': 'application/octet-stream',
      'Content-Length': statSync(path).size,
    });
    pipeline(createReadStream(path), response, () => undefined);
  });
  return listenAnywhere(server);
});
