import { OldDockerError } from './errors.js';
import { goJson } from './go.js';
import type { Answer } from './messages.js';
import { probe } from './probe.js';
import { type Client, type Credentials, Session } from './session.js';

/** The one refusal that docker understands, byte for byte (clients.md, "Login"). */
const TAKEN = '"Username or email already exists"';

/** The name and the password do not go together. */
export class WrongPassword extends OldDockerError {
  override readonly name = 'WrongPassword';

  constructor({ dialect, official }: Client) {
    const hint = official && !dialect.registers;
    super(
      'Wrong login/password, please try again' +
        (hint ? ". Haven't got a Docker ID? Create one at https://hub.docker.com" : ''),
    );
  }
}

/** `docker login`; returns the line that docker prints. */
export async function login(client: Client): Promise<string> {
  const { credentials, dialect } = client;
  if (credentials === undefined) {
    throw new OldDockerError('Login: no credentials were given to the model');
  }
  await probe(client, 'login');
  const session = new Session(client);
  if (!dialect.registers) {
    return checkPassword(client, session, true);
  }
  const answer = await register(client, session, credentials);
  const body = answer.body.toString('utf8');
  if (answer.status === 201) {
    const how = client.official
      ? 'Please use the confirmation link we sent to your e-mail to activate it.'
      : seeDocumentation(client);
    return `Account created. ${how}`;
  }
  if (answer.status === 400) {
    if (body !== TAKEN) {
      throw new OldDockerError(`Registration: ${body}`);
    }
    return checkPassword(client, session, dialect.knowsInactive);
  }
  if (answer.status === 401 && dialect.logsInAfter401) {
    return checkPassword(client, session, false);
  }
  if (answer.status === 403 && dialect.understands403) {
    throw new OldDockerError(
      `Login: Your account hasn't been activated. ${seeDocumentation(client)}`,
    );
  }
  throw new OldDockerError(`Unexpected status code [${answer.status}] : ${body}`);
}

function register(client: Client, session: Session, who: Credentials): Promise<Answer> {
  const { username, password, email } = who;
  return session.send('POST', '/v1/users/', {
    agent: client.dialect.bareAgent,
    keepsAlive: !client.dialect.closesRegistration,
    headers: [['Content-Type', 'application/json; charset=utf-8']],
    body: Buffer.from(goJson({ username, password, auth: '', email })),
  });
}

async function checkPassword(
  client: Client,
  session: Session,
  knowsInactive: boolean,
): Promise<string> {
  // The login has no cookie jar: what the registration's answer set is not echoed.
  session.forgetCookies();
  const answer = await session.send('GET', '/v1/users/', {
    auth: 'basic',
    keepsAlive: !client.dialect.closesLogin,
  });
  if (answer.status === 200) {
    return 'Login Succeeded';
  }
  if (answer.status === 401) {
    throw new WrongPassword(client);
  }
  if (answer.status === 403 && knowsInactive) {
    const word = client.dialect.inactiveWord;
    const how = client.official
      ? 'Please check your e-mail for a confirmation link.'
      : seeDocumentation(client);
    throw new OldDockerError(`Login: Account is not ${word}. ${how}`);
  }
  throw new OldDockerError(
    `Login: ${answer.body} (Code: ${answer.status}; Headers: ${goHeaderMap(answer)})`,
  );
}

function seeDocumentation(client: Client): string {
  const server = `${client.wire.scheme}://${client.wire.host}/v1/`;
  return `Please see the documentation of the registry ${server} for instructions how to activate it.`;
}

/** How Go prints a header map. */
function goHeaderMap(answer: Answer): string {
  const pairs = Object.entries(answer.headers).map(([name, value]) => `${name}:[${value}]`);
  return `map[${pairs.join(' ')}]`;
}
