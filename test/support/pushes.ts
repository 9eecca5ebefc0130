/* What an account does with repositories, in the requests of a docker of 1.0. */
import { type Address, bearer, send } from './client.js';
import type { TestImage } from './images.js';

/** `PUT /v1/repositories/(name)/`; resolves to the Authorization header with the write token. */
export async function createRepository(
  hub: Address,
  auth: string,
  name: string,
  images: readonly { readonly id: string }[] = [],
): Promise<string> {
  const created = await send(hub, `PUT /v1/repositories/${name}/`, {
    auth,
    headers: { 'X-Docker-Token': 'true' },
    body: images.map(({ id }) => ({ id })),
  }).expect(200);
  return bearer(created);
}

/** `PUT …/json` of an image. */
export function putJson(hub: Address, auth: string, { id, json }: Pick<TestImage, 'id' | 'json'>) {
  return send(hub, `PUT /v1/images/${id}/json`, { auth, body: json });
}

/** `PUT …/layer` of an image. */
export function putLayer(
  hub: Address,
  auth: string,
  { id, layer }: Pick<TestImage, 'id' | 'layer'>,
) {
  return send(hub, `PUT /v1/images/${id}/layer`, { auth, body: layer });
}

/** `PUT …/checksum` of an image. */
export function putChecksum(
  hub: Address,
  auth: string,
  { id, payload }: Pick<TestImage, 'id' | 'payload'>,
) {
  const headers = { 'X-Docker-Checksum-Payload': payload };
  return send(hub, `PUT /v1/images/${id}/checksum`, { auth, headers });
}

/** The three requests that bring one image (clients.md, Push 3 to 5). */
export async function putImage(hub: Address, auth: string, image: TestImage): Promise<void> {
  await putJson(hub, auth, image).expect(200);
  await putLayer(hub, auth, image).expect(200);
  await putChecksum(hub, auth, image).expect(200);
}

/**
 * A whole push of images, parents first, the last one under `tag`. `auth` is that of the account;
 * resolves to the Authorization header with the write token.
 */
export async function pushImage(
  hub: Address,
  auth: string,
  name: string,
  images: TestImage | readonly TestImage[],
  tag = 'latest',
): Promise<string> {
  const all = 'id' in images ? [images] : images;
  const token = await createRepository(hub, auth, name, all);
  for (const image of all) {
    // As docker does: what the registry has already is not sent (clients.md, Push 2).
    const known = await send(hub, `GET /v1/images/${image.id}/json`, { auth: token });
    if (known.status !== 200) await putImage(hub, token, image);
  }
  const top = all.at(-1);
  if (top !== undefined) {
    const body = JSON.stringify(top.id);
    await send(hub, `PUT /v1/repositories/${name}/tags/${tag}`, { auth: token, body }).expect(200);
  }
  await send(hub, `PUT /v1/repositories/${name}/images`, { auth, body: [] }).expect(204);
  return token;
}

/** A read token for a repository, as `docker pull` gets one; without `auth` nobody is logged in. */
export async function readToken(hub: Address, name: string, auth?: string): Promise<string> {
  const headers = { 'X-Docker-Token': 'true' };
  return bearer(
    await send(hub, `GET /v1/repositories/${name}/images`, { auth, headers }).expect(200),
  );
}

/** `PUT …/tags/(tag)`. */
export function putTag(
  hub: Address,
  auth: string,
  name: string,
  { id }: { readonly id: string },
  tag = 'latest',
) {
  const body = JSON.stringify(id);
  return send(hub, `PUT /v1/repositories/${name}/tags/${tag}`, { auth, body });
}

/** The first two DELETEs of an owner, after which the repository is gone (protocol.md §1.5). */
export async function deleteRepository(hub: Address, auth: string, name: string): Promise<void> {
  await send(hub, `DELETE /v1/repositories/${name}/`, { auth }).expect(202);
  await send(hub, `DELETE /v1/repositories/${name}/`, { auth }).expect(200);
}

/** `PUT …/properties`: makes a repository private or public. */
export async function setAccess(
  hub: Address,
  auth: string,
  name: string,
  access: 'private' | 'public',
): Promise<void> {
  await send(hub, `PUT /v1/repositories/${name}/properties`, { auth, body: { access } }).expect(
    200,
    'true',
  );
}
