import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { builtinModules, createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, posix } from 'node:path';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { DockerfileParser, type Instruction } from 'dockerfile-ast';
import { validate } from 'dockerfile-utils';
import type { startHub } from '../../src/index.js';
import { packageRoot } from '../../src/version.js';
import { send } from '../support/client.js';
import { startPlainHub } from '../support/hub.js';

/* What a hub is delivered in: an image, a service and a package. None can be built here; all can be read. */

const root = fileURLToPath(packageRoot);

function read(path: string): string {
  return readFileSync(join(root, path), 'utf8');
}

interface Manifest {
  readonly bin: Readonly<Record<string, string>>;
  readonly main: string;
  readonly types: string;
  readonly dependencies: Readonly<Record<string, string>>;
}
const manifest = JSON.parse(read('package.json')) as Manifest;

describe('the Dockerfile', () => {
  const text = read('Dockerfile');
  const instructions = DockerfileParser.parse(text).getInstructions();
  const from = instructions.filter((one) => one.getKeyword() === 'FROM');
  const last = instructions.slice(instructions.indexOf(from.at(-1) as Instruction));

  const named = (keyword: string, among = last): Instruction[] =>
    among.filter((one) => one.getKeyword() === keyword);
  const only = (keyword: string): string => {
    const found = named(keyword);
    assert.equal(found.length, 1, keyword);
    return found[0]?.getArgumentsContent() ?? '';
  };
  const words = (json: string): string[] => JSON.parse(json) as string[];

  it('has nothing that a linter finds', () => {
    assert.deepEqual(
      validate(text).map(({ message, range }) => `line ${range.start.line + 1}: ${message}`),
      [],
    );
  });

  it('builds in one stage and runs in another, both on a Node that is supported for years to come', () => {
    const images = from.map((one) => one.getArguments()[0]?.getValue());
    assert.ok(images.length >= 2);
    for (const image of images) assert.match(image ?? '', /^node:24-(?:alpine|slim)$/);
    const tools = /npm (?:ci|install|run)|apk|apt-get|curl|wget|git/;
    for (const run of named('RUN')) assert.doesNotMatch(run.getArgumentsContent() ?? '', tools);
  });

  it('installs what the lock file says, before it copies the sources', () => {
    const all = instructions.map((one) => `${one.getKeyword()} ${one.getArgumentsContent()}`);
    const install = all.findIndex((line) => /^RUN npm ci\b/.test(line));
    const sources = all.findIndex((line) => /^COPY src\b/.test(line));
    assert.ok(install > 0 && install < sources);
    assert.ok(all.some((line) => /npm prune --omit=dev/.test(line)));
  });

  it('runs as somebody without rights, who owns the volume', () => {
    assert.equal(only('USER'), 'node');
    assert.deepEqual(words(only('VOLUME')), ['/data']);
    const order = last.map((one) => one.getKeyword());
    const made = last.findIndex((one) =>
      /chown node:node \/data/.test(one.getRawArgumentsContent() ?? ''),
    );
    assert.ok(made > 0 && made < order.indexOf('USER') && made < order.indexOf('VOLUME'));
  });

  it('listens for everybody on port 5000, and keeps its data in the volume', () => {
    const env = only('ENV');
    for (const pair of [
      'HUB_HOST=0.0.0.0',
      'HUB_PORT=5000',
      'HUB_DATA=/data',
      'NODE_ENV=production',
    ]) {
      assert.ok(env.includes(pair), pair);
    }
    assert.equal(only('EXPOSE'), '5000');
  });

  it('starts without a shell in between, so that signals arrive, and ends in good order', () => {
    assert.deepEqual(words(only('ENTRYPOINT')), ['node', `/app/${manifest.bin['hub-v1']}`]);
    assert.deepEqual(words(only('CMD')), ['serve']);
    assert.equal(only('STOPSIGNAL'), 'SIGTERM');
  });

  it('asks the hub how it is by Node alone', () => {
    const [check] = DockerfileParser.parse(text).getHEALTHCHECKs();
    const flags = check?.getFlags().map((flag) => flag.getName());
    assert.deepEqual(flags?.toSorted(), ['interval', 'retries', 'start-period', 'timeout']);
    const [, command = ''] = /^CMD (\[.*\])$/.exec(only('HEALTHCHECK')) ?? [];
    assert.deepEqual(words(command), ['node', `/app/${manifest.bin['hub-v1']}`, 'health']);
  });

  it('copies only what is there, and what .dockerignore lets through', () => {
    const ignored = read('.dockerignore')
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'));
    assert.equal(ignored[0], '*');
    const letThrough = ignored.slice(1).map((line) => line.replace(/^!/, ''));
    const copied = new Set<string>();
    const copies = named('COPY', instructions).map((one) => one.getArguments());
    for (const args of copies) {
      const sources = args.slice(0, -1).map((each) => each.getValue());
      for (const source of sources.filter((each) => !each.startsWith('/app/'))) {
        assert.ok(existsSync(join(root, source)), source);
        assert.ok(letThrough.includes(source), source);
        copied.add(source);
      }
    }
    assert.deepEqual([...copied].toSorted(), letThrough.toSorted());
  });
});

describe('the lock file', () => {
  it('says of every package, of every platform, which bytes it is', () => {
    const { packages } = JSON.parse(read('package-lock.json')) as {
      packages: Record<string, { integrity?: string }>;
    };
    const unknown = Object.entries(packages).filter(([, { integrity }]) => integrity === undefined);
    // The project itself.
    assert.deepEqual(
      unknown.map(([path]) => path),
      [''],
    );
  });
});

describe('hub-v1 health', () => {
  const health = (port: number): { status: number | null; stderr: string } => {
    const cli = fileURLToPath(new URL('../../src/cli/hub-v1.cjs', import.meta.url));
    const env = { ...process.env, HUB_HOST: '0.0.0.0', HUB_PORT: String(port) };
    return spawnSync(process.execPath, [cli, 'health'], { env, encoding: 'utf8' });
  };

  it('is 0 while a hub answers, and 1 when none does', async () => {
    await using hub = await startPlainHub({ host: '0.0.0.0' });
    const cli = fileURLToPath(new URL('../../src/cli/hub-v1.cjs', import.meta.url));
    const env = { ...process.env, HUB_HOST: '0.0.0.0', HUB_PORT: String(hub.port) };
    const child = spawn(process.execPath, [cli, 'health'], { env });
    const status = await new Promise((resolve) => child.once('close', resolve));
    assert.equal(status, 0);
    await hub.close();
    const { status: without, stderr } = health(hub.port);
    assert.equal(without, 1);
    assert.match(
      stderr,
      /^hub-v1: no hub answers at 127\.0\.0\.1:\d+: connect ECONNREFUSED [^\n]+\n$/,
    );
  });
});

/** The settings of a unit by section; one that is given several times has several values. */
function parseUnit(text: string): Map<string, Map<string, string[]>> {
  const sections = new Map<string, Map<string, string[]>>();
  let section = new Map<string, string[]>();
  for (const line of text.split('\n')) {
    const [, title] = /^\[(\w+)\]$/.exec(line) ?? [];
    if (title !== undefined) {
      section = new Map();
      sections.set(title, section);
    } else if (line !== '' && !line.startsWith('#')) {
      const [, key = '', value = ''] = /^(\w+)=(.*)$/.exec(line) ?? assert.fail(line);
      section.set(key, [...(section.get(key) ?? []), value]);
    }
  }
  return sections;
}

describe('the systemd unit', () => {
  const text = read('contrib/hub-v1.service');
  const unit = parseUnit(text);
  const service = unit.get('Service') ?? new Map<string, string[]>();
  const is = (key: string, ...values: string[]): void => {
    assert.deepEqual(service.get(key), values, key);
  };

  it('has the three sections, and is started with the system', () => {
    assert.deepEqual([...unit.keys()], ['Unit', 'Service', 'Install']);
    assert.deepEqual(unit.get('Install')?.get('WantedBy'), ['multi-user.target']);
  });

  it('runs the command of this package', () => {
    const [command = ''] = service.get('ExecStart') ?? [];
    assert.match(command, /^\/usr\/local\/bin\/hub-v1 serve$/);
    assert.ok('hub-v1' in manifest.bin);
    is('EnvironmentFile', '-/etc/hub-v1.env');
  });

  it('comes back after a crash, but not after a bad option', () => {
    is('Restart', 'on-failure');
    is('RestartPreventExitStatus', '2');
    assert.ok(Number(service.get('TimeoutStopSec')?.[0]) > 10, 'longer than the grace of the hub');
  });

  it('has one place to write, and a user of its own', () => {
    is('DynamicUser', 'yes');
    is('StateDirectory', 'hub-v1');
    is('ProtectSystem', 'strict');
    is('ProtectHome', 'yes');
    is('PrivateTmp', 'yes');
    is('UMask', '0077');
    assert.ok(service.get('Environment')?.includes('HUB_DATA=%S/hub-v1'));
    assert.ok(!service.has('User'));
  });

  it('may do little', () => {
    is('NoNewPrivileges', 'yes');
    is('CapabilityBoundingSet', '');
    is('SystemCallFilter', '@system-service', '~@privileged @resources');
    is('RestrictAddressFamilies', 'AF_INET AF_INET6 AF_UNIX');
    const protections = [...service.keys()].filter((key) =>
      /^(?:Protect|Private|Restrict)/.test(key),
    );
    assert.ok(protections.length >= 15);
    // V8 compiles as it runs, and the lock of the data directory reads /proc.
    assert.ok(!service.has('MemoryDenyWriteExecute') && !service.has('ProcSubset'));
  });

  const analyze = (...args: string[]) =>
    spawnSync('systemd-analyze', args, { encoding: 'utf8', timeout: 30_000 });
  const isHere = analyze('--version').status === 0;
  it('is understood by systemd, and thought safe', { skip: !isHere }, () => {
    const folder = mkdtempSync(join(tmpdir(), 'hub-v1-unit-'));
    const path = join(folder, 'hub-v1.service');
    // systemd wants to see the command; here it is not installed.
    writeFileSync(path, text.replace('/usr/local/bin/hub-v1', process.execPath));
    const verified = analyze('verify', '--man=no', path);
    const secure = analyze('security', '--offline=true', '--threshold=20', path);
    rmSync(folder, { recursive: true });
    assert.deepEqual([verified.status, verified.stderr], [0, '']);
    if (!/unrecognized option/.test(secure.stderr)) assert.equal(secure.status, 0, secure.stdout);
  });
});

/** The files that `npm pack` would put into the package; dist is what was built last. */
function packed(): string[] {
  const { stdout, stderr, status } = spawnSync(
    'npm',
    ['pack', '--dry-run', '--json', '--ignore-scripts'],
    { cwd: root, encoding: 'utf8', timeout: 60_000 },
  );
  assert.equal(status, 0, stderr);
  const [report] = JSON.parse(stdout) as { files: { path: string }[] }[];
  return (report?.files ?? []).map(({ path }) => path);
}

/** What a compiled file imports, statically or not. */
function importsOf(path: string): string[] {
  const code = read(path).replace(/^\s*(?:\/\/|\*|\/\*).*$/gm, '');
  const found = code.matchAll(/(?:\bfrom\s+|\bimport\s+|\bimport\(\s*)'([^']+)'/g);
  return [...found].map(([, specifier = '']) => specifier);
}

describe('the npm package', { skip: !existsSync(join(root, manifest.main)) }, () => {
  const files = packed();
  const scripts = files.filter((path) => /\.c?js$/.test(path));

  it('has the command, the library with its types, the contract and the manual', () => {
    const needed = [manifest.main, manifest.types, ...Object.values(manifest.bin)];
    for (const path of [...needed, 'openapi.yaml', 'README.md', 'docs/tour.md', 'package.json']) {
      assert.ok(files.includes(path.replace(/^\.\//, '')), path);
    }
    for (const path of Object.values(manifest.bin)) {
      assert.match(read(path), /^#!\/usr\/bin\/env node\n/);
    }
  });

  it('has nothing else', () => {
    const expected =
      /^(?:dist\/(?:src|routes)\/[\w./-]+\.(?:c?js|d\.c?ts)|dist\/src\/web\/(?:site\.css|icon\.svg)|contrib\/[\w.-]+|docs\/[\w-]+(?:\.zh-CN)?\.md|LICENSE|(?:README|README\.zh-CN|CHANGELOG)\.md|openapi\.yaml|package\.json)$/;
    assert.deepEqual(
      files.filter((path) => !expected.test(path)),
      [],
    );
  });

  it('has all that its files import: beside them, or among the dependencies', () => {
    assert.ok(scripts.length > 50);
    for (const path of scripts) {
      for (const specifier of importsOf(path)) {
        if (specifier.startsWith('.')) {
          const target = posix.join(dirname(path), specifier);
          assert.ok(files.includes(target), `${path}: ${specifier}`);
        } else if (!specifier.startsWith('node:')) {
          const [scope = '', name] = specifier.split('/');
          const wanted = scope.startsWith('@') ? `${scope}/${name}` : scope;
          assert.ok(wanted in manifest.dependencies, `${path}: ${specifier}`);
          assert.ok(!builtinModules.includes(wanted), `${path}: ${specifier} without node:`);
        }
      }
    }
  });

  it('has types that need no other package, nor those of Node', () => {
    const seen = new Set<string>();
    const readTypes = (path: string): void => {
      if (seen.has(path)) return;
      seen.add(path);
      assert.ok(files.includes(path), path);
      const text = read(path).replace(/\/\*[\s\S]*?\*\//g, '');
      assert.doesNotMatch(text, /\b(?:Buffer|NodeJS|AbortSignal)\b/, path);
      for (const [, specifier = ''] of text.matchAll(/(?:from |import\()['"]([^'"]+)/g)) {
        assert.ok(specifier.startsWith('.'), `${path}: ${specifier}`);
        readTypes(posix.join(dirname(path), specifier.replace(/\.(c?)js$/, '.d.$1ts')));
      }
    };
    readTypes(manifest.types);
    readTypes('dist/src/require.d.cts');
    assert.ok(seen.size > 5 && seen.size < 30);
  });

  it('can be required, and imported', async () => {
    const required = createRequire(import.meta.url)(join(root, manifest.main)) as {
      startHub: typeof startHub;
    };
    const package_ = await import('../../src/index.js');
    for (const { startHub: start } of [required, package_]) {
      const hub = await start();
      await send(hub, 'GET /v1/_ping').expect(200);
      await hub.close();
    }
  });

  it('wants nothing that its sources do not use', () => {
    const sources = ['src', 'routes'].flatMap((folder) =>
      readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
        .filter((name) => name.endsWith('.ts'))
        .map((name) => join(folder, name)),
    );
    const used = sources.flatMap(importsOf);
    const isUsed = (name: string): boolean =>
      used.some((specifier) => specifier === name || specifier.startsWith(`${name}/`));
    assert.deepEqual(
      Object.keys(manifest.dependencies).filter((name) => !isUsed(name)),
      [],
    );
  });
});
