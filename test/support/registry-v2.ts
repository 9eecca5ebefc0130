/* What clients of today do with a repository, request by request; whole clients are in modern-docker/. */
import assert from 'node:assert/strict';
import type supertest from 'supertest';
import { type Address, send } from './client.js';
import {
  type Content,
  digestOf,
  type ModernImage,
  type ModernManifest,
} from './modern-docker/images.js';

/** A whole blob in one request. Resolves to its digest. */
export async function putBlob(
  hub: Address,
  auth: string | undefined,
  name: string,
  bytes: Buffer,
): Promise<string> {
  const digest = digestOf(bytes);
  const line = `POST /v2/${name}/blobs/uploads/?digest=${digest}`;
  await send(hub, line, { auth, body: bytes }).expect(201);
  return digest;
}

/** `PUT …/manifests/(reference)`. */
export function putManifest(
  hub: Address,
  auth: string | undefined,
  name: string,
  reference: string,
  { bytes, mediaType }: Content,
): supertest.Test {
  const headers = { 'Content-Type': mediaType };
  // superagent would write a Buffer of a JSON type as a list of numbers.
  const body = bytes.toString();
  return send(hub, `PUT /v2/${name}/manifests/${reference}`, { auth, headers, body });
}

/** The blobs of an image, and its manifest by digest, or by a tag. */
export async function pushModern(
  hub: Address,
  auth: string | undefined,
  name: string,
  image: ModernImage,
  reference: string = image.manifest.digest,
): Promise<ModernManifest> {
  for (const { bytes } of [...image.layers, image.config]) await putBlob(hub, auth, name, bytes);
  await putManifest(hub, auth, name, reference, image.manifest).expect(201);
  return image.manifest;
}

/** Begins an upload. Resolves to its place. */
export async function beginUpload(
  hub: Address,
  auth: string | undefined,
  name: string,
): Promise<string> {
  const begun = await send(hub, `POST /v2/${name}/blobs/uploads/`, { auth }).expect(202);
  return begun.headers.location ?? '';
}

/** A token for these scopes, with the password of `auth`, or without. */
export async function tokenFor(
  hub: Address,
  auth: string | undefined,
  ...scopes: readonly string[]
): Promise<string> {
  const query = new URLSearchParams(scopes.map((scope) => ['scope', scope]));
  const answer = await send(hub, `GET /v2/token?${query}`, { auth }).expect(200);
  const { token } = answer.body as { readonly token: string };
  return `Bearer ${token}`;
}

/** The first entry of an error. */
export function errorIn({ text }: supertest.Response): { code: string; message: string } {
  const { errors } = JSON.parse(text) as { readonly errors: { code: string; message: string }[] };
  const [first] = errors;
  assert.ok(first, text);
  return first;
}

/** Expects a status and the code of an error. */
export async function fails(test: supertest.Test, status: number, code: string): Promise<void> {
  const answer = await test.expect(status);
  assert.equal(errorIn(answer).code, code);
}
