/** What an old docker prints when an answer is not what it needs; every such case ends in this. */
export class OldDockerError extends Error {
  override readonly name: string = 'OldDockerError';
}

/** The registry wants to know who asks; docker goes on with a login, where it has a terminal. */
export class LoginRequired extends OldDockerError {
  override readonly name = 'LoginRequired';
}

/** The test stopped the client in the middle of a push, as ^C or a lost network does. */
export class PushStopped extends Error {
  override readonly name = 'PushStopped';
}
