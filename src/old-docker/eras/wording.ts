/*
 * What tells one docker's words from another's, one row for each text: from which version on it reads so. The
 * rows are the families of docs/played-docker.md, measured with 0.6.7, 0.7.6, 0.9.1, 1.0.1, 1.3.3, 1.5.0, 1.7.1,
 * 1.9.1, 1.10.3 and 1.12.6. Where a change lies between two of these, the row names the version that fits
 * what is known of it, or else the later one.
 */
import { type History, inVersion } from './versions.js';

/** How a message ends a command: with a date, as a log line, or bare. */
export type ErrorShape = 'dated' | 'logged' | 'bare';

type Row<T> = { readonly [Key in keyof T]: History<T[Key]> };

/** The texts and habits of one version. `%s` stands for a name. */
export interface Wording {
  readonly errorShape: ErrorShape;
  /** Logged errors have their level in quotes (1.4, 1.5). */
  readonly quotesLevel: boolean;
  readonly daemonSays: string;
  /** The same in front of what `load` and `save` fail with. */
  readonly streamSays: string;
  readonly unknownCommand: 'usage' | 'one line' | 'two lines';
  readonly missingArguments: 'usage' | 'one line' | 'and usage' | 'cobra';
  readonly badOption: 'usage' | 'see help' | 'unknown flag';
  readonly badOptionExit: number;
  /** How messages from the daemon reach the screen. */
  readonly display: 'escapes' | 'erased lines' | 'empty lines' | 'quiet progress' | 'lines';
  /** Where the list of commands goes. */
  readonly helpTo: 'stderr' | 'stdout';
  readonly loginFile: 'dockercfg' | 'dockercfg, indented' | 'config.json';
  readonly keepsEmail: boolean;
  readonly warnsOfFile: boolean;
  /** The key of a private host in the login file. */
  readonly loginKey: 'url' | 'host';
  readonly namesServerAtLogin: boolean;
  readonly reusesStoredLogin: boolean;
  readonly promptsFor: 'all' | 'password always' | 'docker id';
  readonly forgetsWrongLogin: boolean;
  /** What happens to prompts without a terminal. */
  readonly secretWithoutTerminal: 'panic' | 'ioctl' | 'refused';
  readonly hasLogout: boolean;
  readonly sizeColumn: 'size and virtual' | 'VIRTUAL SIZE' | 'SIZE';
  readonly exactYears: boolean;
  readonly historyComment: boolean;
  readonly searchColumn: 'TRUSTED' | 'AUTOMATED';
  readonly rootPush: string | undefined;
  readonly pushAnnounces: 'with count' | 'name alone';
  readonly pushTag: 'tags, 64 digits' | 'tags' | 'tag';
  readonly pushKnown: '64 digits' | 'progress' | '12 digits' | 'Already exists';
  /** The layer is put together on the disk first; what is said when that is done. */
  readonly buffering: 'bytes' | 'size' | 'size and nothing' | 'size twice' | 'none';
  readonly progress: 'percent' | 'time left' | 'plain';
  readonly prompts401: boolean;
  readonly unknownRepository: string;
  readonly pullsOneTag: boolean;
  readonly pushesOneTag: boolean;
  readonly saysStatus: boolean;
  readonly saysDefaultTag: boolean;
  readonly namesDockerIo: boolean;
  readonly warnsOfLegacy: boolean;
  readonly pullComplete: number;
  readonly checksTagNames: boolean;
  readonly badName: 'parts' | 'pattern' | 'reference';
  readonly tagConflict: string | undefined;
  readonly noSuchTagSource: string;
  readonly noSuchImage: string;
  readonly noSuchSaved: string;
  readonly emptyLoad: string;
  readonly saysLoaded: boolean;
  readonly refusesTerminal: boolean;
  readonly untagsById: boolean;
  readonly rmi: 'old' | 'with force' | 'conflict' | 'content';
  readonly noSuchRmi: string;
  readonly rmiFailed: string | undefined;
  readonly rmiList: boolean;
  readonly inspectUnknown: string;
  readonly inspectEnds: boolean;
  readonly firstStep: 0 | 1;
  readonly contextTo: 'stderr' | 'stdout';
  readonly context: 'bytes' | 'Uploading' | 'Sending' | 'Sending twice' | 'Sending once';
  readonly removesContainers: 'never' | 'at the end' | 'each';
  readonly scratch: 'pulled' | 'built in';
  readonly unknownInstruction: 'plain' | 'skipped' | 'step, skipped' | 'fatal';
  readonly noDockerfile: string;
  readonly outsideDockerfile: string | undefined;
  readonly noFolder: string;
  readonly contentIds: boolean;
  readonly countsFolders: boolean;
  /** `images NAME` finds a name with a port (not in 1.9). */
  readonly listsPorts: boolean;
  readonly noSuchContainer: string;
  readonly deprecatedFlags: boolean;
}

const NO_ID = 'No such id: %s';
const NOT_FOUND = 'could not find image: no such id: %s';
const CONFLICT = ', if you want to replace it, please use -f option';

const TABLE: Row<Wording> = {
  errorShape: [
    ['0', 'dated'],
    ['1.4', 'logged'],
    ['1.7', 'bare'],
  ],
  quotesLevel: [
    ['0', true],
    ['1.6', false],
  ],
  daemonSays: [
    ['0', 'Error: '],
    ['1.0', 'Error response from daemon: '],
  ],
  streamSays: [
    ['0', 'Error: '],
    ['1.7', 'Error response from daemon: '],
  ],
  unknownCommand: [
    ['0', 'usage'],
    ['1.5', 'one line'],
    ['1.7', 'two lines'],
  ],
  missingArguments: [
    ['0', 'usage'],
    ['1.5', 'one line'],
    ['1.7', 'and usage'],
    ['1.12', 'cobra'],
  ],
  badOption: [
    ['0', 'usage'],
    ['1.5', 'see help'],
    ['1.12', 'unknown flag'],
  ],
  badOptionExit: [
    ['0', 2],
    ['1.10', 125],
  ],
  display: [
    ['0', 'escapes'],
    ['0.7', 'erased lines'],
    ['1.0', 'empty lines'],
    ['1.3', 'quiet progress'],
    ['1.5', 'lines'],
  ],
  helpTo: [
    ['0', 'stderr'],
    ['1.5', 'stdout'],
  ],
  loginFile: [
    ['0', 'dockercfg'],
    ['1.5', 'dockercfg, indented'],
    ['1.7', 'config.json'],
  ],
  keepsEmail: [
    ['0', true],
    ['1.11', false],
  ],
  warnsOfFile: [
    ['0', false],
    ['1.7', true],
    ['1.11', false],
  ],
  loginKey: [
    ['0', 'url'],
    ['0.9', 'host'],
  ],
  namesServerAtLogin: [
    ['0', true],
    ['0.9', false],
  ],
  reusesStoredLogin: [
    ['0', true],
    ['1.3', false],
  ],
  promptsFor: [
    ['0', 'all'],
    ['1.10', 'password always'],
    ['1.11', 'docker id'],
  ],
  forgetsWrongLogin: [
    ['0', true],
    ['1.11', false],
  ],
  secretWithoutTerminal: [
    ['0', 'panic'],
    ['1.4', 'ioctl'],
    ['1.11', 'refused'],
  ],
  hasLogout: [
    ['0', false],
    ['1.1', true],
  ],
  sizeColumn: [
    ['0', 'size and virtual'],
    ['0.7', 'VIRTUAL SIZE'],
    ['1.10', 'SIZE'],
  ],
  exactYears: [
    ['0', true],
    ['1.7', false],
  ],
  historyComment: [
    ['0', false],
    ['1.7', true],
  ],
  searchColumn: [
    ['0', 'TRUSTED'],
    ['1.0', 'AUTOMATED'],
  ],
  rootPush: [
    ['0', 'Impossible to push a "root" repository. Please rename your repository in'],
    ['0.9', 'You cannot push a "root" repository. Please rename your repository in'],
    ['1.5', 'You cannot push a "root" repository. Please rename your repository to'],
    ['1.10', undefined],
  ],
  pushAnnounces: [
    ['0', 'with count'],
    ['1.10', 'name alone'],
  ],
  pushTag: [
    ['0', 'tags, 64 digits'],
    ['0.7', 'tags'],
    ['0.9', 'tag'],
  ],
  pushKnown: [
    ['0', '64 digits'],
    ['0.7', 'progress'],
    ['0.9', '12 digits'],
    ['1.10', 'Already exists'],
  ],
  buffering: [
    ['0', 'bytes'],
    ['0.7', 'size'],
    ['0.9', 'size and nothing'],
    ['1.8', 'size twice'],
    ['1.10', 'none'],
  ],
  progress: [
    ['0', 'percent'],
    ['0.7', 'time left'],
    ['1.8', 'plain'],
  ],
  prompts401: [
    ['0', true],
    ['1.10', false],
  ],
  unknownRepository: [
    ['0', NO_ID],
    ['1.5', NOT_FOUND],
    ['1.7', 'Repository does not exist: %s'],
    ['1.11', 'An image does not exist locally with the tag: %s'],
  ],
  pullsOneTag: [
    ['0', false],
    ['1.3', true],
  ],
  pushesOneTag: [
    ['0', false],
    ['1.0', true],
  ],
  saysStatus: [
    ['0', false],
    ['1.3', true],
  ],
  saysDefaultTag: [
    ['0', false],
    ['1.8', true],
  ],
  namesDockerIo: [
    ['0', false],
    ['1.8', true],
  ],
  warnsOfLegacy: [
    ['0', false],
    ['1.8', true],
  ],
  pullComplete: [
    ['0', 2],
    ['1.11', 1],
  ],
  checksTagNames: [
    ['0', false],
    ['1.0', true],
  ],
  badName: [
    ['0', 'parts'],
    ['1.8', 'pattern'],
    ['1.10', 'reference'],
  ],
  tagConflict: [
    ['0', undefined],
    ['1.5', `Conflict: Tag %t is already set to image %i${CONFLICT}`],
    ['1.8', `Conflict: Tag %n:%t is already set to image %s${CONFLICT}`],
    ['1.10', undefined],
  ],
  noSuchTagSource: [
    ['0', 'Image does not exist: %s'],
    ['0.7', `tag: ${NO_ID}`],
    ['0.9', NO_ID],
    ['1.5', NOT_FOUND],
    ['1.10', 'no such id: %s'],
  ],
  noSuchImage: [
    ['0', 'Image does not exist: %s'],
    ['0.7', NO_ID],
    ['1.5', NOT_FOUND],
    ['1.10', 'no such id: %s'],
  ],
  noSuchSaved: [
    ['0', 'No such image: %s'],
    ['1.0', NO_ID],
    ['1.5', NOT_FOUND],
    ['1.10', 'digest not found'],
    ['1.11', 'No such image: %s'],
  ],
  emptyLoad: [
    ['0', 'Tarball too short'],
    ['1.0', 'EOF'],
    ['1.10', 'invalid argument'],
  ],
  saysLoaded: [
    ['0', false],
    ['1.12', true],
  ],
  refusesTerminal: [
    ['0', false],
    ['1.4', true],
  ],
  untagsById: [
    ['0', true],
    ['0.9', false],
  ],
  rmi: [
    ['0', 'old'],
    ['0.9', 'with force'],
    ['1.8', 'conflict'],
    ['1.10', 'content'],
  ],
  noSuchRmi: [
    ['0', 'No such image: %s'],
    ['1.8', NOT_FOUND],
    ['1.10', 'No such image: %s:latest'],
  ],
  rmiFailed: [
    ['0', 'Error: failed to remove one or more images'],
    ['1.7', 'Error: failed to remove images: [%s]'],
    ['1.10', undefined],
  ],
  rmiList: [
    ['0', false],
    ['1.10', true],
    ['1.11', false],
  ],
  inspectUnknown: [
    ['0', 'Error: No such image or container: %s'],
    ['1.12', 'Error: No such image, container or task: %s'],
  ],
  inspectEnds: [
    ['0', false],
    ['1.5', true],
  ],
  firstStep: [
    ['0', 1],
    ['0.8', 0],
    ['1.9', 1],
  ],
  contextTo: [
    ['0', 'stderr'],
    ['1.5', 'stdout'],
  ],
  context: [
    ['0', 'bytes'],
    ['0.7', 'Uploading'],
    ['1.1', 'Sending'],
    ['1.8', 'Sending twice'],
    ['1.10', 'Sending once'],
  ],
  removesContainers: [
    ['0', 'never'],
    ['0.8', 'at the end'],
    ['1.0', 'each'],
  ],
  scratch: [
    ['0', 'pulled'],
    ['1.5', 'built in'],
  ],
  unknownInstruction: [
    ['0', 'plain'],
    ['0.7', 'skipped'],
    ['0.8', 'step, skipped'],
    ['1.7', 'fatal'],
  ],
  noDockerfile: [
    ['0', "Error: Error build: Can't build a directory with no Dockerfile"],
    ['0.7', 'no Dockerfile found in %s'],
    ['1.5', 'Cannot locate Dockerfile: Dockerfile'],
    [
      '1.8',
      'unable to prepare context: unable to evaluate symlinks in Dockerfile path: lstat %s/Dockerfile: no such file or directory',
    ],
  ],
  outsideDockerfile: [
    ['0', undefined],
    ['1.5', 'The Dockerfile (%f) must be within the build context (%s)'],
    ['1.8', 'unable to prepare context: The Dockerfile (%f) must be within the build context (%s)'],
  ],
  noFolder: [
    ['0', 'stat %s: no such file or directory'],
    [
      '1.8',
      'unable to prepare context: unable to evaluate symlinks in context path: lstat %s: no such file or directory',
    ],
  ],
  contentIds: [
    ['0', false],
    ['1.10', true],
  ],
  countsFolders: [
    ['0', true],
    ['0.7', false],
  ],
  listsPorts: [
    ['0', true],
    ['1.9', false],
    ['1.10', true],
  ],
  noSuchContainer: [
    ['0', 'No such container: %s'],
    ['0.7', 'commit: No such container: %s'],
    ['0.8', 'No such container: %s'],
    ['1.8', 'no such id: %s'],
    ['1.10', 'No such container: %s'],
  ],
  deprecatedFlags: [
    ['0', false],
    ['1.12', true],
  ],
};

/** The words of `version`. */
export function wordingOf(version: string): Wording {
  const entries = Object.entries(TABLE).map(([key, row]) => [
    key,
    inVersion<unknown>(version, row as History<unknown>),
  ]);
  return Object.fromEntries(entries) as Wording;
}
