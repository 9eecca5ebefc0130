import { Readable } from 'node:stream';
import { writeForced } from '../../storage/files/forced-file.js';
import { piecesOf } from '../../storage/files/open-layer.js';
import { bareTarSum, contentSum, payloadOf, tarsum } from './checksums.js';
import { LayerFormatError } from './layer-bounds.js';
import { digestLayer, packLayer } from './layer-digests.js';
import { packListing } from './layer-files.js';
import type { LayerAnswers, LayerOutcome, LayerTask } from './layer-work.js';

/** Answers a question about a layer; in a thread of its own, see `LayerPool`. */
export async function read(task: LayerTask): Promise<LayerOutcome> {
  try {
    return { answer: await answer(task) };
  } catch (error) {
    if (error instanceof LayerFormatError) return { fault: error.fault, message: error.message };
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    return { code, message };
  }
}

function answer({
  question,
  place,
  bounds,
  json = Buffer.alloc(0),
  target = '',
}: LayerTask): Promise<LayerAnswers[typeof question]> {
  const layer = Readable.from(piecesOf(place), { objectMode: false });
  switch (question) {
    case 'listing':
      return packListing(layer, bounds);
    case 'tarsum':
      return tarsum(Buffer.from(json), layer, bounds);
    case 'payload':
      return payloadOf(Buffer.from(json), layer);
    case 'bareTarSum':
      return bareTarSum(layer, bounds);
    case 'contentSum':
      return contentSum(layer, bounds);
    case 'digests':
      return digestLayer(layer, bounds);
    case 'gzipped':
      return packLayer(layer, bounds, (packed) => writeForced(target, packed));
  }
}
