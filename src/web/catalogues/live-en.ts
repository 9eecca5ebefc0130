/* What the live page says, in English. live-zh.ts must have every key, or it does not compile. */

export const liveEn = {
  /** Its name in the menu. */
  short: 'Live',
  title: 'Requests, live',
  lead: 'Each arrow is one request: what docker asked, whom, and how it ended. Select one to see all of it.',
  empty: 'There is no request yet that you can see. Type one of these, or watch a push:',
  guest: 'You see what is public. Log in to see your own requests as well.',
  own: 'You see your own requests, and what is public.',
  all: 'You are an admin: you see all requests.',
  reload: 'Refresh',
  waiting: 'live',
  paused: 'paused',
  pause: 'Pause the page',
  goOn: 'Follow again',
  keys: 'Keys: j and k walk the steps, Enter opens one, Space pauses.',
  lanes: { docker: 'docker', index: 'index', registry: 'registry' },
  to: (lane: string) => `to the ${lane}`,
  acts: {
    hello: 'looks around',
    login: 'docker login',
    push: 'push',
    pull: 'pull',
    search: 'search',
    delete: 'delete',
    other: 'other requests',
  },
  steps: (n: number) => (n === 1 ? '1 step' : `${n} steps`),
  refused: 'refused',
  by: (user: string) => `by ${user}`,
  talk: {
    token: 'In 2014: the registry asked the index whether the token was good.',
    deletion: 'In 2014: the registry asked the index whether it might delete.',
    yes: 'The index said yes.',
    no: 'The index said no.',
  },
  filter: {
    title: 'Show',
    user: 'User',
    act: 'Act',
    anything: 'everything',
    refusedOnly: 'Only what was refused',
    apply: 'Show',
  },
  step: {
    title: (n: number) => `Step ${n}`,
    back: 'All requests',
    before: 'Step before',
    after: 'Step after',
    request: 'Request',
    answer: 'Answer',
    noAnswer: 'The connection broke before there was an answer.',
    from: 'from',
    duration: (ms: number) => `${ms} ms`,
    noBody: 'no body',
    bytes: (n: number) => `${n} bytes`,
    cut: 'only the beginning is kept',
    printed: 'What docker prints',
    printedNotes: { old: 'as docker 1.0 to 1.9 do', today: 'as docker 20.10 to 28 do' },
    rule: 'The rule',
    source: 'Source',
    curl: 'Replay as curl',
    curlNotes: {
      'log in':
        'The hub played this step with an account of its own. Log in, and you can replay it in your own name space.',
      yours:
        'The hub played this step with an account of its own; these lines do the same in your name space.',
    },
    masked: 'Passwords and tokens are never shown.',
    link: 'Link to this step',
  },
  play: {
    title: 'Watch a push now',
    lead: 'The hub plays a docker that talks to it: login, push, search, pull. The requests are real, but nothing runs.',
    version: 'Docker version',
    start: 'Watch a push',
    again: 'Again',
    pause: 'Pause docker',
    step: 'One step',
    resume: 'Let it go on',
    running: 'running',
    paused: 'waits for you',
    over: 'done',
    next: 'next request',
    terminal: 'The terminal of the played docker',
    gaveWay:
      'This docker had waited for you for more than a minute, and somebody else wanted to watch one. Begin another.',
    gone: 'This demonstration has ended. Begin another.',
  },
  faults: {
    title: 'Faults',
    lead: 'Each goes wrong until you turn it off, for everybody on this hub.',
    on: 'on',
    off: 'off',
    turnOn: 'Turn on',
    turnOff: 'Turn off',
    times: 'How often',
    once: 'once',
    thrice: '3 times',
    always: 'until turned off',
    user: 'Only for user',
    acted: (n: number) => (n === 1 ? 'acted once' : `acted ${n} times`),
    names: {
      slowLayers: 'Layers are slow: each waits three seconds',
      cutLayers: 'The connection breaks in the middle of a layer',
      wrongByte: 'One byte of each layer arrives wrong',
      diskFull: 'The disk is full when a layer is uploaded',
      tokenRunOut: 'The token expires at the end of an upload',
      unavailable: 'The hub is overloaded (503)',
    },
  },
  rules: {
    ping: 'Before it does anything, docker asks whether a registry is there. The answer also says whether it is a stand-alone one.',
    v2: 'A docker asks for the registry API of today first. Up to 1.12 it finds nothing here, or nothing that it knows, and goes on with v1. A later one is asked for a token.',
    v2Token:
      'A token is for one repository or a few, and for what its holder may do there. In 2014 the index gave tokens along with its answers.',
    v2Manifest:
      'A manifest names the config and the layers of an image by their digests; a tag is a name for a manifest. A push sends it last.',
    v2Blob:
      'A blob, a layer or a config, is named by its digest, and read through a repository that has it.',
    v2Upload:
      'An upload begins by POST, may come in parts by PATCH, and ends by PUT with the digest. A blob that another repository has is taken over from there.',
    v2Delete:
      'What is deleted by its digest is gone with all its tags. Without a separate clean-up, this hub frees the space at once.',
    v2Lists: 'Lists are sorted, and come in pages where they are asked for by n and last.',
    v2Referrers: 'What refers to a manifest, such as a signature, is found by its digest.',
    register:
      'docker login registers first. Only when the name is taken does it log in, so this answer is part of every login.',
    logIn:
      'Name and password are checked by the index. An account that is not active is refused with 403.',
    updateUser: 'People change their own account. A new e-mail address is added to the others.',
    search: 'The index searches names and descriptions. Private repositories are never found.',
    createRepository:
      'A push begins at the index: it says who may push, and gives a token and the address of the registry.',
    deleteRepository:
      'A repository is deleted in three steps: the index hides it, the registry deletes its content, the index forgets it.',
    images:
      'The index knows which images a repository has. It gives a token to pull with, and is told when a push is over.',
    auth: 'A registry that is shown a token asks the index about it.',
    access: 'A registry that holds private images asks the index whether this token may read one.',
    properties:
      'The registry keeps whether a repository is private, and what machine the last push came from.',
    tags: 'A tag is a name for one image. The index lists tags in one form, the registry in another.',
    registry:
      'The registry keeps images: first the json, then the layer, then its checksum. Without a token of the index it trusts nobody.',
  },
};
