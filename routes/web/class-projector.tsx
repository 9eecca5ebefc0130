import { isWanted } from '../../src/sandbox/sandbox.js';
import { type Followed, Projector } from '../../src/web/views/class-projector.js';
import {
  addressesOf,
  boardLineOf,
  type ClassVisit,
  classVisitOf,
  titlesOf,
} from './class-shown.js';
import { sandboxOf } from './live.js';
import { blocksOf } from './live-shown.js';
import { queryOf, showPage } from './visit.js';
import type { WebContext } from './web.js';

/** The most steps that are shown at first of somebody who is followed. */
const MOST_SHOWN = 40;

/** GET /sandbox/class/projector/?names=1&follow=: for the wall. Throws `accountMissing`. */
export async function getProjector(ctx: WebContext): Promise<void> {
  const visit = await classVisitOf(ctx);
  const { look, classroom } = visit;
  const [address = ''] = addressesOf(ctx, visit);
  const follow = queryOf(ctx, 'follow');
  const page = (
    <Projector
      look={look}
      lessons={titlesOf(visit)}
      lines={classroom.places(classroom.students).map((place) => boardLineOf(place, look))}
      url={`${ctx.protocol}://${address}/`}
      hasNames={queryOf(ctx, 'names') === '1'}
      followed={follow === '' ? undefined : followedOf(ctx, visit, follow)}
      played={sandboxOf(ctx).players.username}
    />
  );
  showPage(ctx, page);
}

/** What somebody does: a student, or the docker that the hub plays. Throws `accountMissing`. */
function followedOf(ctx: WebContext, { look, classroom }: ClassVisit, name: string): Followed {
  const sandbox = sandboxOf(ctx);
  const isPlayed = name === sandbox.players.username;
  const username = isPlayed ? name : classroom.student(name).username;
  const after = sandbox.journal.newestNumber;
  const { placed } = sandbox.newest(look.viewer);
  const wanted = placed.filter((each) => isWanted(each, { user: username })).slice(-MOST_SHOWN);
  const events = `/sandbox/live/events?${new URLSearchParams({ after: String(after), user: username })}`;
  return { username, acts: blocksOf(wanted, look), events };
}
