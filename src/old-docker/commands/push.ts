import type { LocalImage } from '../images/local-image.js';
import { pushable } from '../images/pushable.js';
import { View } from '../images/view.js';
import { LoginRequired, OldDockerError } from '../requests/errors.js';
import { push } from '../requests/push.js';
import type { PushEvent } from '../requests/push-events.js';
import type { Message } from '../terminal/messages.js';
import { shortId } from '../terminal/units.js';
import type { Command } from './command.js';
import { type Context, clientFor, displayOf, shownName } from './context.js';
import { Failure } from './failure.js';
import { logIn } from './login.js';
import { checkReference, type Name } from './names.js';

/** `docker push NAME[:TAG]`. */
export const pushCommand: Command = {
  name: 'push',
  synopsis: [
    ['0', 'NAME'],
    ['1.0', 'NAME[:TAG]'],
    ['1.7', '[OPTIONS] NAME[:TAG]'],
  ],
  about: [
    ['0', 'Push an image or a repository to the registry'],
    ['1.7', 'Push an image or a repository to a registry'],
  ],
  least: 1,
  most: 1,
  flags: [],
  run: async (context, { words: [word = ''] }) => {
    const name = checkReference(context.wording, context.dialect, word);
    await refuseRoot(context, name);
    try {
      await pushName(context, name);
    } catch (error) {
      if (!(error instanceof LoginRequired) || !context.wording.prompts401) throw error;
      await context.terminal.stdout.write('\nPlease login prior to push:\n');
      await logIn(context, name.host, {}, true);
      await pushName(context, name);
    }
  },
};

/** Up to 1.9 the client itself refuses a name without a user, unless it has a host. */
async function refuseRoot({ wording, logins }: Context, { host, path }: Name): Promise<void> {
  if (wording.rootPush === undefined || host !== undefined || path.includes('/')) return;
  const user = (await logins.find(undefined))?.username ?? '<user>';
  throw new Failure('client', `${wording.rootPush} <user>/<repo> (ex: ${user}/${path})`);
}

async function pushName(context: Context, name: Name): Promise<void> {
  const { wording, images: graph, version } = context;
  const display = displayOf(context);
  const shown = shownName(context, name);
  const tags = graph.tags(name.local).filter(([tag]) => isWanted(context, name, tag));
  const count = wording.pushAnnounces === 'with count' ? ` (len: ${tags.length})` : '';
  await display.show({ status: `The push refers to a repository [${shown}]${count}` });
  if (tags.length === 0) {
    throw new Failure('client', wording.unknownRepository.replace('%s', name.local));
  }
  const local = pushable(new View(graph, version, wording), graph, version, tags);
  const tell = async (event: PushEvent): Promise<void> => {
    for (const message of messagesOf(context, shown, tags.length, event)) {
      await display.show(message);
    }
  };
  const isLibrary = name.host === undefined && !name.path.includes('/');
  const path = isLibrary ? `library/${name.path}` : name.path;
  const client = await clientFor(context, name.host);
  try {
    await push(client, path, local.images, { tags: local.tags, tell });
    if (!wording.contentIds) return;
    graph.notePushed(local.images.map(({ id }) => id));
    await graph.save();
  } catch (error) {
    if (!(error instanceof OldDockerError) || error instanceof LoginRequired) {
      if (error instanceof LoginRequired && !wording.prompts401) throw clientFailure(error);
      throw error;
    }
    throw clientFailure(error);
  }
}

function clientFailure({ message }: OldDockerError): Failure {
  return new Failure('client', message);
}

function isWanted({ wording }: Context, { tag: wanted }: Name, tag: string): boolean {
  return wanted === undefined || !wording.pushesOneTag || wanted === tag;
}

/** What a version says of what happens. */
function* messagesOf(
  { wording }: Context,
  shown: string,
  tags: number,
  event: PushEvent,
): Iterable<Message> {
  const isOld = wording.display === 'escapes';
  switch (event.kind) {
    case 'listing':
      if (!wording.contentIds) yield { status: 'Sending image list' };
      return;
    case 'endpoint':
      if (!wording.contentIds) yield { status: `Pushing repository ${shown} (${tags} tags)` };
      return;
    case 'preparing':
      yield step(event.image, wording.contentIds, 'Preparing');
      return;
    case 'waiting':
      yield step(event.image, wording.contentIds, 'Waiting');
      return;
    case 'known':
      yield known(wording, event.image);
      return;
    case 'pushing':
      yield isOld
        ? { status: `Pushing ${event.image.id}` }
        : step(event.image, wording.contentIds, 'Pushing');
      return;
    case 'buffered':
      yield* buffered(wording, event.image, event.size);
      return;
    case 'sent': {
      const total = wording.contentIds ? event.image.layer.size : event.size;
      const progress = { current: event.bytes, total };
      const status = 'Pushing';
      yield isOld
        ? { status, progress }
        : { ...step(event.image, wording.contentIds, status), progress };
      return;
    }
    case 'pushed':
      yield isOld
        ? { status: '' }
        : step(event.image, wording.contentIds, 'Image successfully pushed');
      return;
    case 'tag': {
      const what = wording.pushTag === 'tag' ? 'tag' : 'tags';
      const id = wording.pushTag === 'tags, 64 digits' ? event.id : shortId(event.id);
      yield { status: `Pushing ${what} for rev [${id}] on {${event.url}}` };
    }
  }
}

/** From 1.10 a layer is shown by its own sum. */
function step({ id, layer }: LocalImage, byLayer: boolean, status: string): Message {
  return { id: shortId(byLayer ? layer.key : id), status, progress: 'none' };
}

function known({ pushKnown, contentIds }: Context['wording'], image: LocalImage): Message {
  switch (pushKnown) {
    case '64 digits':
      return { status: `Image ${image.id} already pushed, skipping` };
    case 'progress':
      return step(image, contentIds, 'Image already pushed, skipping');
    case '12 digits':
      return { status: `Image ${shortId(image.id)} already pushed, skipping` };
    case 'Already exists':
      return step(image, contentIds, 'Already exists');
  }
}

function* buffered(
  { buffering }: Context['wording'],
  image: LocalImage,
  size: number,
): Iterable<Message> {
  const nothing = step(image, false, 'Buffering to disk');
  const whole = { ...nothing, progress: { current: size, total: 0 } };
  switch (buffering) {
    case 'bytes':
      yield { status: 'Buffering to disk', progress: { current: size, total: 0 } };
      yield { status: '' };
      return;
    case 'size':
      yield whole;
      return;
    case 'size and nothing':
      yield whole;
      yield nothing;
      return;
    case 'size twice':
      yield whole;
      yield whole;
      return;
    case 'none':
      return;
  }
}
