/*
 * The rule behind each operation, by a name that the catalogues of the pages have words for, and where this repository
 * says it with its sources.
 */

export const RULES = {
  ping: ['docs/protocol.md', '1.10'],
  v2: ['docs/protocol.md', '11'],
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
};

/** The rule behind a row's operation; undefined for what is about the hub itself or is no operation. */
export function ruleOf(row: string | undefined): RuleName | undefined {
  if (row === undefined) return undefined;
  if (/^ping/.test(row)) return 'ping';
  if (/V2(?:Path)?$/.test(row)) return 'v2';
  return Object.hasOwn(BY_ROW, row) ? BY_ROW[row] : undefined;
}
