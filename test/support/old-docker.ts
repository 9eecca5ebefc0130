/** The dockers that the tests play, and what they push. */
export {
  type Dialect,
  dialectOf,
  ERAS,
  type Era,
  RECORDED_VERSIONS,
  VERSIONS,
  type Version,
  versionOf,
} from '../../src/old-docker/eras/dialect.js';
export {
  OldDocker,
  type OldDockerOptions,
  type PackedImage as LocalImage,
  type Pulled,
  type PulledImage,
} from '../../src/old-docker/old-docker.js';
export { OldDockerError, PushStopped } from '../../src/old-docker/requests/errors.js';
export type { Answer } from '../../src/old-docker/requests/messages.js';
export type { PullOptions } from '../../src/old-docker/requests/pull.js';
export type { Pushed, PushOptions } from '../../src/old-docker/requests/push.js';
export type { Found } from '../../src/old-docker/requests/search.js';
export type { Credentials, Step } from '../../src/old-docker/requests/session.js';
export {
  checksumsOf,
  type ImageOptions,
  type LocalRepository,
  makeImages,
  makeRepository,
} from './old-docker/images.js';
