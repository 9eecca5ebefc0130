import { InvalidArgumentError, Option } from 'commander';
import { dataOption } from './commands/data-option.js';
import type { HubOptions } from './hub.js';
import { LOG_LEVELS } from './log.js';
import { parseEndpoints, parseLogin } from './option-texts.js';

/*
 * Every option of `hub-v1 serve`, once: its flag, its variable in the environment, how it is read and
 * what it means. The README's table of options follows this list.
 */

export function serveOptions(): Option[] {
  return [
    option('--host <address>', 'address to listen on').default('127.0.0.1'),
    option('--port <number>', 'port to listen on, 0 for any free one')
      .default(5000)
      .argParser(wholeNumber(0, 65_535)),
    dataOption(),
    option('--ephemeral', 'keep nothing: documents in memory, layers in a temporary folder'),
    option('--admin <name:password>', 'make this admin account, or update it').argParser(
      reading(parseLogin),
    ),
    option(
      '--endpoints <list>',
      'host[:port],… that X-Docker-Endpoints names (default: as asked)',
    ).argParser(reading(parseEndpoints)),
    option('--registration <state>', 'whether anybody may register')
      .choices(['open', 'closed'])
      .default('open'),
    option('--token-ttl <seconds>', 'how long a token is good for')
      .default(3600)
      .argParser(wholeNumber(1, 31_536_000)),
    option('--tls-cert <file>', 'certificate (PEM); with --tls-key the port speaks https'),
    option('--tls-key <file>', 'key of the certificate (PEM)'),
    option('--tls-legacy', 'accept TLS 1.0, which is all that a docker of 2013 speaks'),
    option('--as <name>', 'be the real Hub, under the name old clients have built in').choices([
      'index.docker.io',
    ]),
    option('--bcrypt-rounds <number>', 'cost of a password hash')
      .default(10)
      .argParser(wholeNumber(4, 15)),
    option('--max-layer <bytes>', 'longest layer accepted')
      .default(10 * 1024 ** 3)
      .argParser(wholeNumber(1, Number.MAX_SAFE_INTEGER)),
    option('--log-level <level>', 'how much to log, on standard error')
      .choices([...LOG_LEVELS])
      .default('info'),
  ];
}

/** What the command line and the environment say: the fields of HubOptions, by the same names. */
export type ServeFlags = HubOptions & { readonly host: string; readonly port: number };

/** An option with its variable: `--token-ttl` is also `HUB_TOKEN_TTL`. */
function option(flags: string, description: string): Option {
  const made = new Option(flags, description);
  return made.env(`HUB_${made.name().replaceAll('-', '_').toUpperCase()}`);
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
