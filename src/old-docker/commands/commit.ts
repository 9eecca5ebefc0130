import { folderAsLayer } from '../build/build-context.js';
import { makeImage } from '../build/maker.js';
import { jsonOf } from '../images/content.js';
import { View } from '../images/view.js';
import type { Command } from './command.js';
import { Failure } from './failure.js';
import { checkReference, readName } from './names.js';

/**
 * `docker commit FOLDER NAME[:TAG]`: nothing runs here, so the files come from a folder;
 * `--from IMAGE` says on which image.
 */
export const commitCommand: Command = {
  name: 'commit',
  synopsis: [['0', '[OPTIONS] CONTAINER [REPOSITORY[:TAG]]']],
  about: [['0', "Create a new image from a container's changes"]],
  least: 1,
  most: 2,
  flags: [
    {
      name: 'author',
      short: 'a',
      old: 'author',
      empty: '""',
      help: [['0', 'Author (e.g., "John Hannibal Smith <hannibal@a-team.com>")']],
    },
    {
      name: 'from',
      empty: '""',
      help: [['0', 'The image that the folder belongs on (not in a real docker)']],
    },
    { name: 'message', short: 'm', old: 'm', empty: '""', help: [['0', 'Commit message']] },
  ],
  run: async (context, { options, words: [folder = '', target] }) => {
    const { files, wording, dialect, images: graph, version, terminal, now } = context;
    const name =
      target === undefined
        ? undefined
        : wording.checksTagNames
          ? checkReference(wording, dialect, target)
          : readName(target);
    if ((await files.stat(folder))?.kind !== 'folder') {
      throw new Failure('daemon', wording.noSuchContainer.replace('%s', folder));
    }
    const from = options.get('from');
    const view = new View(graph, version, wording);
    const base = from === undefined ? undefined : view.find(from, readName(from));
    if (from !== undefined && base === undefined) {
      throw new Failure('daemon', wording.noSuchImage.replace('%s', from));
    }
    const config = (base && jsonOf(base.stored).config) ?? { Cmd: ['/bin/sh'] };
    const draft = await folderAsLayer(files, folder, Math.trunc(now() / 1000));
    const message = options.get('message');
    const image = await makeImage(
      context,
      {
        parent: base?.stored.id,
        author: options.get('author'),
        ...(message !== undefined && { comment: message }),
        config,
        command: ['/bin/sh'],
      },
      draft.isEmpty ? undefined : draft,
    );
    if (name !== undefined) graph.tag(name.local, name.tag ?? 'latest', image.id);
    await graph.save();
    const made = new View(graph, version, wording).ofStored(image.id);
    await terminal.stdout.write(`${made?.fullId ?? image.id}\n`);
  },
};
