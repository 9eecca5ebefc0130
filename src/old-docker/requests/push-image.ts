import type { Dialect } from '../eras/dialect.js';
import { type LayerSums, payloadSum, sumsOf } from '../images/checksums.js';
import type { LocalImage } from '../images/local-image.js';
import { OldDockerError } from './errors.js';
import { decodeStringMap, goQuote } from './go.js';
import type { Answer } from './messages.js';
import type { PushEvents } from './push-events.js';
import type { Client, Session } from './session.js';

/** How often progress of a layer is reported, at most. */
const MOST_TOLD = 100;

/**
 * One image: json, layer, checksum (clients.md, "Push" 3 to 5). Returns its tarsum, or undefined if
 * the registry says that the image exists.
 */
export async function pushImage(
  client: Client,
  session: Session,
  image: LocalImage,
  cutLayerAfter: number | undefined,
  tell: PushEvents,
): Promise<string | undefined> {
  await tell({ kind: 'pushing', image });
  if (!(await putJson(client, session, image))) {
    return undefined;
  }
  const sums = await sumsOf(image.json, image.layer.tar());
  await tell({ kind: 'buffered', image, size: sums.size });
  const payload = await putLayer(client.dialect, session, image, sums, cutLayerAfter, tell);
  await putChecksum(client.dialect, session, image, sums.tarsum, payload);
  await tell({ kind: 'pushed', image, size: sums.size });
  return sums.tarsum;
}

/** The body of an error as docker prints it. */
export function shown(dialect: Dialect, answer: Answer): string {
  return quoted(dialect, answer.body.toString('utf8'));
}

function quoted(dialect: Dialect, text: string): string {
  return dialect.quotesBodies ? goQuote(text) : text;
}

async function putJson(client: Client, session: Session, image: LocalImage): Promise<boolean> {
  const answer = await session.registry('PUT', `/v1/images/${image.id}/json`, {
    headers: [['Content-Type', 'application/json']],
    body: image.json,
  });
  if (answer.status === 401 && client.wire.scheme === 'http' && client.dialect.explains401) {
    throw new OldDockerError('HTTP code 401, Docker will not send auth headers over HTTP.');
  }
  return accepts(client.dialect, answer);
}

/** Returns the payload's checksum. */
async function putLayer(
  dialect: Dialect,
  session: Session,
  image: LocalImage,
  sums: LayerSums,
  cutBodyAfter: number | undefined,
  tell: PushEvents,
): Promise<string | undefined> {
  const payload = payloadSum(dialect, image.json, sums);
  const answer = await session.registry('PUT', `/v1/images/${image.id}/layer`, {
    headers: dialect.layerContentType ? [['Content-Type', 'application/octet-stream']] : [],
    body: sentPieces(),
    chunked: true,
    cutBodyAfter,
  });
  if (answer.status !== 200) {
    throw new OldDockerError(
      `Received HTTP code ${answer.status} while uploading layer: ${shown(dialect, answer)}`,
    );
  }
  return payload.digest();

  async function* sentPieces(): AsyncIterable<Buffer> {
    let read = 0;
    let told = 0;
    const onRead = (bytes: number): void => {
      read = bytes;
    };
    for await (const piece of image.layer.packed(onRead)) {
      payload.add(piece);
      if (read - told >= sums.size / MOST_TOLD) {
        told = read;
        await tell({ kind: 'sent', image, bytes: read, size: sums.size });
      }
      yield piece;
    }
  }
}

async function putChecksum(
  dialect: Dialect,
  session: Session,
  image: LocalImage,
  tarsum: string,
  payload: string | undefined,
): Promise<void> {
  const answer = await session.registry('PUT', `/v1/images/${image.id}/checksum`, {
    headers: [
      ['X-Docker-Checksum', tarsum],
      ...(payload === undefined ? [] : [['X-Docker-Checksum-Payload', payload] as const]),
    ],
    empty: true,
  });
  if (!accepts(dialect, answer)) {
    throw new OldDockerError('Image already exists');
  }
}

/** 200, or the one refusal that means "go on"; the body of any other must be a map of strings. */
function accepts(dialect: Dialect, answer: Answer): boolean {
  if (answer.status === 200) {
    return true;
  }
  const refusal = decodeStringMap(answer.body);
  if ('value' in refusal && refusal.value.error === 'Image already exists') {
    return false;
  }
  const text = 'error' in refusal ? refusal.error : answer.body.toString('utf8');
  throw new OldDockerError(
    `HTTP code ${answer.status} while uploading metadata: ${quoted(dialect, text)}`,
  );
}
