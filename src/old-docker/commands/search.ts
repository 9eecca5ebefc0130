import { compareVersions } from '../eras/versions.js';
import { OldDockerError } from '../requests/errors.js';
import { type Found, search } from '../requests/search.js';
import { table } from '../terminal/table.js';
import type { Command } from './command.js';
import { clientFor } from './context.js';
import { Failure } from './failure.js';
import type { Given } from './flags.js';
import { readName } from './names.js';

/** Letters of a description that are shown. */
const DESCRIPTION = 45;

/** `docker search [HOST/]TERM`; before 1.3 the Hub alone was asked. */
export const searchCommand: Command = {
  name: 'search',
  synopsis: [
    ['0', 'TERM'],
    ['1.2', '[OPTIONS] TERM'],
  ],
  about: [
    ['0', 'Search the docker index for images'],
    ['1.0', 'Search the Docker Hub for images'],
  ],
  least: 1,
  most: 1,
  flags: [
    {
      name: 'automated',
      empty: 'false',
      since: '1.0',
      help: [['0', 'Only show automated builds']],
    },
    {
      name: 'no-trunc',
      old: 'notrunc',
      empty: 'false',
      help: [['0', "Don't truncate output"]],
    },
    {
      name: 'stars',
      short: 's',
      old: 'stars',
      empty: '0',
      help: [
        ['0', 'Only displays with at least xxx stars'],
        ['1.2', 'Only displays with at least x stars'],
      ],
    },
    {
      name: 'trusted',
      short: 't',
      old: 'trusted',
      empty: 'false',
      before: '1.5',
      hiddenFrom: '1.0',
      help: [['0', 'Only show trusted builds']],
    },
  ],
  run: async (context, given) => {
    const { version, terminal, wording } = context;
    if (wording.deprecatedFlags && given.options.has('stars')) {
      await terminal.stderr.write(
        'Flag --stars has been deprecated, use --filter=stars=3 instead\n',
      );
    }
    const [word = ''] = given.words;
    const asksHosts = compareVersions(version, '1.3') >= 0;
    const { host, local } = readName(word);
    const isPrivate = asksHosts && host !== undefined;
    const term = isPrivate ? word.slice(host.length + 1) : asksHosts ? local : word;
    try {
      const found = await search(await clientFor(context, isPrivate ? host : undefined), term);
      const rows = shown(found, given).map((each) => row(each, given.options.has('no-trunc')));
      const header = ['NAME', 'DESCRIPTION', 'STARS', 'OFFICIAL', wording.searchColumn];
      await terminal.stdout.write(table([header, ...rows], 10));
    } catch (error) {
      if (!(error instanceof OldDockerError)) throw error;
      throw new Failure('daemon', error.message);
    }
  },
};

function shown(found: readonly Found[], { options }: Given): Found[] {
  const least = Number(options.get('stars') ?? 0);
  const isTrusted = options.has('trusted') || options.has('automated');
  return found.filter(({ stars, trusted }) => stars >= least && (trusted || !isTrusted));
}

function row({ name, description, stars, official, trusted }: Found, isWhole: boolean): string[] {
  const line = description.replaceAll('\n', ' ').replaceAll('\r', ' ');
  const letters = [...line];
  const isLong = !isWhole && letters.length > DESCRIPTION;
  return [
    name,
    isLong ? `${letters.slice(0, DESCRIPTION - 3).join('')}...` : line,
    String(stars),
    official ? '[OK]' : '',
    trusted ? '[OK]' : '',
  ];
}
