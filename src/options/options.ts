import { InvalidArgumentError, Option } from 'commander';
import { LOG_FORMATS, LOG_LEVELS } from '../journal/log.js';
import { dataOption } from './data-option.js';
import { DEFAULTS } from './defaults.js';
import type { HubOptions } from './hub-options.js';
import { DEFAULT_LIMITS } from './limits.js';
import { parseEndpoints, parseNetworks } from './option-texts.js';

/*
 * Every option of `hub-v1 serve`, once: its flag, its variable in the environment, how it is read and
 * what it means. The README's table of options follows this list.
 */

export function serveOptions(): Option[] {
  return [
    option('--host <address>', 'address to listen on').default(DEFAULTS.host).argParser(hostName),
    option('--port <number>', 'port to listen on, 0 for any free one')
      .default(5000)
      .argParser(wholeNumber(0, 65_535)),
    dataOption(),
    flag('--ephemeral', 'keep nothing: documents in memory, layers in a temporary folder'),
    // Read by startHub: commander would repeat a wrong one in its message, password and all.
    option('--admin <name:password>', 'make this admin account, or update it'),
    option(
      '--endpoints <list>',
      'host[:port],… that X-Docker-Endpoints names (default: as asked)',
    ).argParser(reading(parseEndpoints)),
    option(
      '--trusted-proxy <list>',
      'ADDRESS[/PREFIX],… of proxies whose X-Forwarded-For is believed',
    ).argParser(checking(parseNetworks)),
    option('--registration <state>', 'whether anybody may register')
      .choices(['open', 'closed'])
      .default(DEFAULTS.registration),
    option('--token-ttl <seconds>', 'how long a token is good for')
      .default(DEFAULTS.tokenTtl)
      .argParser(wholeNumber(1, 31_536_000)),
    option('--tls-cert <file>', 'certificate (PEM); with --tls-key the port speaks https'),
    option('--tls-key <file>', 'key of the certificate (PEM)'),
    flag('--tls-legacy', 'accept TLS 1.0, which is all that a docker of 2013 speaks'),
    option('--as <name>', 'be the real Hub, under the name old clients have built in').choices([
      'index.docker.io',
    ]),
    option('--bcrypt-rounds <number>', 'cost of a password hash')
      .default(DEFAULTS.bcryptRounds)
      .argParser(wholeNumber(4, 15)),
    ...limitOptions(),
    option('--log-level <level>', 'how much to log, on standard error')
      .choices([...LOG_LEVELS])
      .default('info'),
    option('--log-format <format>', 'how a log line looks')
      .choices([...LOG_FORMATS])
      .default(DEFAULTS.logFormat),
    flag('--exit-with-parent', 'end when who started the hub is gone, or closes standard input'),
    ...harnessOptions(),
  ];
}

/** For tests, and for web pages. */
function harnessOptions(): Option[] {
  return [
    flag('--control', 'let tests steer the hub, under /_hub'),
    option('--control-key <key>', 'what X-Hub-Key must say under /_hub'),
    option('--seed <file>', 'users, repositories and images to begin with (JSON or YAML)'),
    option('--seed-files <folder>', 'where seeds over HTTP may name archives (default: nowhere)'),
    option('--journal <number>', 'how many requests /_hub/requests remembers')
      .default(DEFAULTS.journal)
      .argParser(wholeNumber(0, 1_000_000)),
    option('--cors <origin>', 'web pages that may use the API: an origin, a list of them, or *'),
  ];
}

/** How much the hub puts up with; src/options/limits.ts says what each means and what it is by default. */
function limitOptions(): Option[] {
  const most = Number.MAX_SAFE_INTEGER;
  const day = 86_400;
  return [
    limit('--max-layer <bytes>', 'longest layer accepted', 1, most),
    limit('--max-files <number>', 'files of a layer that are looked through', 1, 10_000_000),
    limit('--max-json <bytes>', 'longest JSON body accepted', 1, 1024 ** 3),
    limit('--max-headers <bytes>', 'longest headers of a request', 1024, 1024 ** 2),
    limit('--max-connections <number>', 'connections open at once', 1, 1_000_000),
    limit('--headers-timeout <seconds>', 'how long the headers of a request may take', 1, day),
    limit('--body-timeout <seconds>', 'how long a JSON body may take', 1, day),
    limit('--idle-timeout <seconds>', 'silence after which a connection is cut', 1, day),
    limit('--keep-alive-timeout <seconds>', 'how long a connection waits for a request', 1, day),
    limit('--login-limit <number>', 'wrong passwords before a wait, 0 for no limit', 0, most),
    limit('--login-window <seconds>', 'how long wrong passwords count', 1, day),
    limit('--login-queue <number>', 'passwords that may wait to be checked', 1, 1_000_000),
  ];
}

function limit(flags: string, description: string, least: number, most: number): Option {
  const made = option(flags, description).argParser(wholeNumber(least, most));
  const name = made.attributeName() as keyof typeof DEFAULT_LIMITS;
  return made.default(DEFAULT_LIMITS[name]);
}

/** What the command line and the environment say: the fields of HubOptions, by the same names. */
export type ServeFlags = HubOptions & {
  readonly host: string;
  readonly port: number;
  /** Only of the command, since a hub in a process of one's own ends with it. */
  readonly exitWithParent?: boolean;
};

/** An option with its variable: `--token-ttl` is also `HUB_TOKEN_TTL`. */
function option(flags: string, description: string): Option {
  const made = new Option(flags, description);
  return made.env(`HUB_${made.name().replaceAll('-', '_').toUpperCase()}`);
}

/** An option that is on or off: in the environment, and after `=`, it can be turned off as well. */
function flag(name: string, description: string): Option {
  return option(`${name} [on]`, description).argParser((text: string) => {
    if (/^(?:1|true)$/i.test(text)) return true;
    if (/^(?:0|false|)$/i.test(text)) return false;
    throw new InvalidArgumentError('It must be 1, 0, true or false.');
  });
}

/** No name would mean every address that the machine has. */
function hostName(text: string): string {
  if (/^[\w.:%-]+$/.test(text)) return text;
  throw new InvalidArgumentError('It must be an address or a name of this machine.');
}

function wholeNumber(least: number, most: number): (text: string) => number {
  return (text) => {
    const number = Number(text);
    if (!/^\d+$/.test(text) || number < least || number > most) {
      throw new InvalidArgumentError(`It must be a whole number from ${least} to ${most}.`);
    }
    return number;
  };
}

/** The text as it is, once it can be read. */
function checking(parse: (text: string) => unknown): (text: string) => string {
  const read = reading(parse);
  return (text) => {
    read(text);
    return text;
  };
}

/** Lets commander say what is wrong with a text, and of which flag. */
function reading<T>(parse: (text: string) => T): (text: string) => T {
  return (text) => {
    try {
      return parse(text);
    } catch (error) {
      throw new InvalidArgumentError((error as Error).message);
    }
  };
}
