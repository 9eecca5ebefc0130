/*
 * A data directory for the tests of `hub-v1 check` with what came over v2, went over to it, or is made of it.
 */
import { basic, Client, tokenOf } from '../../bench/torture/client.js';
import { layerOf, makeImage } from '../../bench/torture/images.js';
import {
  blobOf,
  bringBlob,
  described,
  makeModernImage,
  pushModern,
} from '../../bench/torture/modern.js';
import { startPlainHub } from './hub.js';

/** Pushed over v2, and not asked for over v1. */
export const PROMISED = makeModernImage('promised', [
  { name: 'shared', size: 3000 },
  { name: 'own', size: 500 },
]);
/** The same, and read over v1. */
export const MADE = makeModernImage('made', [
  { name: 'shared', size: 3000 },
  { name: 'made', size: 700 },
]);
/** Pushed over v1, and read over v2. */
export const CROSSED = makeImage('crossed', 4096);
export const CROSSED_LAYER = blobOf(layerOf(CROSSED));
/** Not for v1. */
export const NOTES = blobOf('{}');
export const ARTIFACT = blobOf(
  JSON.stringify({
    schemaVersion: 2,
    artifactType: 'application/vnd.example.notes',
    config: described(NOTES, 'application/vnd.oci.empty.v1+json'),
    layers: [],
  }),
);
/** Brought, and named by no manifest yet. */
export const WAITING = blobOf('a layer on its way');

export const APP = 'repositories/jamtur01/app.json';
export const WORK = 'repositories/jamtur01/work.json';
export const OLD = 'repositories/jamtur01/old.json';

/** Where a blob lies. */
export function blobAt({ digest }: { readonly digest: string }): string {
  return `blobs/${digest.replace(':', '-')}`;
}

/** Where the document of a manifest lies. */
export function manifestAt({ digest }: { readonly digest: string }): string {
  return `manifests/${digest.replace(':', '-')}.json`;
}

/** Where the document of an image lies. */
export function imageAt(id = ''): string {
  return `images/${id}/image.json`;
}

/** Makes the directory. */
export async function fillBridge(folder: string): Promise<void> {
  const hub = await startPlainHub({ data: folder });
  const client = new Client(hub.port);
  const account = { username: 'jamtur01', password: 'sesame', email: 'james@example.com' };
  await client.expect(201, 'POST /v1/users/', { body: account });
  const auth = basic('jamtur01', 'sesame');
  await pushModern(client, 'jamtur01/app', auth, PROMISED, 'latest');
  await bringBlob(client, 'jamtur01/app', auth, WAITING);
  await pushModern(client, 'jamtur01/work', auth, MADE, 'latest');
  await client.expect(200, `GET /v1/images/${MADE.ancestry[0]}/ancestry`);
  await bringBlob(client, 'jamtur01/work', auth, NOTES);
  await putArtifact(client, auth);
  await pushOld(client, auth);
  await client.expect(200, 'GET /v2/jamtur01/old/manifests/latest');
  client.close();
  await hub.close();
}

async function putArtifact(client: Client, auth: string): Promise<void> {
  await client.expect(201, 'PUT /v2/jamtur01/work/manifests/notes', {
    auth,
    headers: { 'Content-Type': 'application/vnd.oci.image.manifest.v1+json' },
    body: ARTIFACT.bytes,
  });
}

async function pushOld(client: Client, auth: string): Promise<void> {
  const path = '/v1/repositories/jamtur01/old';
  const { id, json, payload } = CROSSED;
  const headers = { 'X-Docker-Token': 'true' };
  const begun = await client.expect(200, `PUT ${path}/`, { auth, headers, body: [{ id }] });
  const token = tokenOf(begun);
  const sum = { 'X-Docker-Checksum-Payload': payload };
  await client.expect(200, `PUT /v1/images/${id}/json`, { auth: token, body: json });
  await client.expect(200, `PUT /v1/images/${id}/layer`, { auth: token, body: layerOf(CROSSED) });
  await client.expect(200, `PUT /v1/images/${id}/checksum`, { auth: token, headers: sum });
  await client.expect(200, `PUT ${path}/tags/latest`, { auth: token, body: id });
}
