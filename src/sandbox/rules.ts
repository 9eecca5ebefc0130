/*
 * The rule behind each operation, by a name that the catalogues of the pages have words for, and where this repository
 * says it with its sources.
 */

const SPEC = 'OCI distribution-spec 1.1.1';

export const RULES = {
  ping: ['docs/protocol.md', '1.10'],
  v2: ['docs/protocol.md', '11'],
  v2Token: ['docs/bridge.md', 'Rights'],
  v2Manifest: [SPEC, 'end-3, end-7'],
  v2Blob: [SPEC, 'end-2'],
  v2Upload: [SPEC, 'end-4, end-5, end-6, end-11, end-13'],
  v2Delete: [SPEC, 'end-9, end-10'],
  v2Lists: [SPEC, 'end-8'],
  v2Referrers: [SPEC, 'end-12'],
  register: ['docs/protocol.md', '1.2'],
  logIn: ['docs/protocol.md', '1.1'],
  updateUser: ['docs/protocol.md', '1.3'],
  search: ['docs/protocol.md', '4'],
  createRepository: ['docs/protocol.md', '1.4'],
  deleteRepository: ['docs/protocol.md', '1.5'],
  images: ['docs/protocol.md', '1.6'],
  auth: ['docs/protocol.md', '1.7'],
  access: ['docs/protocol.md', '1.9'],
  properties: ['docs/protocol.md', '1.11'],
  tags: ['docs/protocol.md', '1.12'],
  registry: ['docs/protocol.md', '3'],
} as const satisfies Readonly<Record<string, readonly [file: string, section: string]>>;

export type RuleName = keyof typeof RULES;

const BY_ROW: Readonly<Record<string, RuleName>> = {
  register: 'register',
  logIn: 'logIn',
  updateUser: 'updateUser',
  search: 'search',
  createRepository: 'createRepository',
  deleteRepository: 'deleteRepository',
  listImages: 'images',
  addImages: 'images',
  deleteImages: 'images',
  checkToken: 'auth',
  checkLayerAccess: 'access',
  getProperties: 'properties',
  setProperties: 'properties',
  getRepositoryJson: 'properties',
  getTagJson: 'properties',
  listTags: 'tags',
  getTag: 'tags',
  putTag: 'registry',
  deleteTag: 'registry',
  deleteTags: 'registry',
  getImageJson: 'registry',
  putImageJson: 'registry',
  getLayer: 'registry',
  headLayer: 'registry',
  putLayer: 'registry',
  putChecksum: 'registry',
  getAncestry: 'registry',
  getFiles: 'registry',
  getTokenV2: 'v2Token',
  postTokenV2: 'v2Token',
  getManifest: 'v2Manifest',
  putManifest: 'v2Manifest',
  deleteManifest: 'v2Delete',
  beginUpload: 'v2Upload',
  getUpload: 'v2Upload',
  addToUpload: 'v2Upload',
  endUpload: 'v2Upload',
  cancelUpload: 'v2Upload',
  getBlob: 'v2Blob',
  deleteBlob: 'v2Delete',
  getCatalog: 'v2Lists',
  listTagsV2: 'v2Lists',
  listReferrers: 'v2Referrers',
};

/** The rule behind a row's operation; undefined for what is about the hub itself or is no operation. */
export function ruleOf(row: string | undefined): RuleName | undefined {
  if (row === undefined) return undefined;
  if (/^ping/.test(row)) return 'ping';
  if (Object.hasOwn(BY_ROW, row)) return BY_ROW[row];
  return /V2(?:Path)?$/.test(row) ? 'v2' : undefined;
}
