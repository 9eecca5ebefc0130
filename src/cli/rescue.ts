import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { visibleJson } from '../journal/visible-text.js';
import { type OpenHub, openHub, openHubToRead } from '../open-hub.js';
import { commandOption } from '../options/command-line.js';
import { isAddress, openSource } from '../rescue/open-source.js';
import {
  checkNames,
  isPartial,
  type RescueOptions,
  type RescueReport,
  requireTarget,
  rescue,
  targetOf,
  V2Push,
  withFolder,
} from '../rescue/rescue.js';
import { noteOnMissingAccount } from './accountless.js';
import { RescueView } from './rescue-view.js';
import { complain, print } from './terminal.js';

/** Exit code: it is done, and something was left out. */
const PARTIAL = 3;
/** That of a process which a Ctrl-C has ended. */
const INTERRUPTED = 130;

interface RescueFlags {
  readonly data: string;
  readonly asOwner?: string;
  readonly rename?: ReadonlyMap<string, string>;
  readonly unnamed?: string;
  readonly private?: true;
  readonly dryRun?: true;
  readonly link?: true;
  readonly api?: 'v1' | 'v2';
  readonly to?: string;
  readonly pushPrivate?: true;
  readonly json?: true;
}

/** `hub-v1 rescue`: what an old registry has, into the data directory of a stopped hub. */
export function addRescueCommand(program: Command): void {
  program
    .command('rescue <source> [names...]')
    .description(
      'take in what an old registry has, or the repositories named: the storage folder of a docker-registry or ' +
        'a distribution, or http(s)://[user:password@]host[:port] of one that runs; exit code 3 if something ' +
        'could not come',
    )
    .addOption(commandOption('data'))
    .option('--as-owner <name>', 'put all repositories into this namespace')
    .option(
      '--rename <old=ns/repo>',
      'put the repository OLD there; may be given several times',
      renaming,
    )
    .option('--private', 'make all repositories private')
    .option('--unnamed <ns/repo>', 'put images there that belong to no repository')
    .option('--dry-run', 'read everything, say what would come, and take nothing in')
    .option('--link', 'share the layers with the folder (hard links) where the file system allows')
    .addOption(
      new Option('--api <version>', 'how a registry that runs is asked').choices(['v1', 'v2']),
    )
    .option(
      '--to <url>',
      'push everything on to a registry of today, http(s)://[user:password@]host[:port]; without --data ' +
        'nothing is kept here',
    )
    .option(
      '--push-private',
      'with --to: push private repositories too; API v2 cannot say that they are, so the registry decides who may ' +
        'read them',
    )
    .option('--json', 'print the report as JSON')
    .action((source: string, names: string[], flags: RescueFlags, command: Command) => {
      const isPassage =
        flags.to !== undefined && command.getOptionValueSource('data') === 'default';
      return runRescue(source, names, { ...flags, isPassage });
    });
}

/** What is pushed on and is to be kept nowhere stays in memory and in a temporary folder. */
interface Passage {
  readonly isPassage: boolean;
}

async function runRescue(
  place: string,
  names: readonly string[],
  flags: RescueFlags & Passage,
): Promise<void> {
  const options = { ...optionsOf(flags), names };
  checkNames(options);
  if (flags.link === true && isAddress(place)) {
    throw new InvalidArgumentError(
      '--link needs a folder: what comes over HTTP has no files to share',
    );
  }
  const target = flags.to === undefined ? undefined : targetOf(flags.to);
  const view = new RescueView(flags.json === true ? () => {} : print);
  const stop = (): never => {
    view.end();
    complain(flags.dryRun === true ? 'stopped' : 'stopped; the same command goes on where it was');
    process.exit(INTERRUPTED);
  };
  process.once('SIGINT', stop);
  try {
    if (target !== undefined) await requireTarget(target);
    // Before the data directory is opened, and perhaps made: a wrong path must not make one.
    const source = await openSource(place, { names, api: flags.api });
    const hub = await open(flags);
    try {
      const rescued = await rescue(hub.domain, source, options, view.listener);
      const withPrivate = flags.pushPrivate === true;
      const pushed = await pushOn(hub, rescued, target && { url: target, withPrivate }, view);
      const { isPassage } = flags;
      const report = isPassage ? pushed : withNotesOnAccounts(hub, pushed);
      if (flags.json === true)
        process.stdout.write(`${visibleJson(JSON.stringify(report, undefined, 2))}\n`);
      view.conclude(report, isPassage);
      if (isPartial(report)) process.exitCode = PARTIAL;
    } finally {
      await Promise.all([hub.close(), source.close()]);
    }
  } catch (error) {
    throw withFolder(error, flags.isPassage ? tmpdir() : flags.data);
  } finally {
    process.off('SIGINT', stop);
    view.end();
  }
}

async function pushOn(
  { domain }: OpenHub,
  report: RescueReport,
  target: { readonly url: URL; readonly withPrivate: boolean } | undefined,
  view: RescueView,
): Promise<RescueReport> {
  if (target === undefined || report.dryRun) return report;
  const { url, withPrivate } = target;
  const push = new V2Push(domain, url, view.listener, { withPrivate });
  return { ...report, pushed: await push.run(report) };
}

/** A dry run looks at what is there, also beside a running hub, and makes nothing. */
function open({ data, dryRun, isPassage }: RescueFlags & Passage): Promise<OpenHub> {
  if (isPassage) return openHub({ ephemeral: true });
  if (dryRun !== true) return openHub({ data });
  return existsSync(data) ? openHubToRead(data) : openHub({ ephemeral: true });
}

function optionsOf(flags: RescueFlags): RescueOptions {
  const { asOwner, rename: renamed, unnamed } = flags;
  const isOn = (flag: true | undefined): boolean => flag === true;
  const switches = {
    private: isOn(flags.private),
    dryRun: isOn(flags.dryRun),
    link: isOn(flags.link),
  };
  return { asOwner, renamed, unnamed, ...switches };
}

/** A report that also says which owners have no account yet. */
function withNotesOnAccounts({ domain }: OpenHub, report: RescueReport): RescueReport {
  const owners = new Set(
    report.repositories.flatMap(({ to = '', skipped }) =>
      skipped === undefined ? (to.split('/')[0] ?? '') : [],
    ),
  );
  const accountless = [...owners]
    .sort()
    .filter(
      (owner) => !['', 'library'].includes(owner) && domain.accounts.find(owner) === undefined,
    );
  return { ...report, notes: [...report.notes, ...accountless.map(noteOnMissingAccount)] };
}

function renaming(text: string, before?: ReadonlyMap<string, string>): Map<string, string> {
  const [from = '', to = '', ...more] = text.split('=');
  if (from === '' || to === '' || more.length > 0) {
    throw new InvalidArgumentError(`--rename: ${text} must be OLD=NS/REPO`);
  }
  return new Map([...(before ?? []), [from, to]]);
}
