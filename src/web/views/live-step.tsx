import type { JSX } from 'preact';
import { Layout } from '../layout.js';
import type { Look } from '../look.js';
import { Command, Section } from '../parts.js';
import { type StepLine, StepRow } from './live.js';

/** A body as far as it is kept. */
export interface BodyView {
  readonly size: number;
  /** Undefined if the body is not text. */
  readonly text: string | undefined;
  readonly cut: boolean;
}

/** A request or an answer. */
export interface MessageView {
  /** Its first line. */
  readonly line: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: BodyView;
}

export interface StepView {
  readonly line: StepLine;
  readonly sentence: string;
  /** Undefined: the viewer may not know. */
  readonly address: string | undefined;
  readonly duration: number;
  readonly request: MessageView;
  readonly answer: MessageView | undefined;
  readonly printed: string | undefined;
  readonly printedBy: 'old' | 'today';
  readonly rule:
    | {
        readonly name: keyof Look['words']['live']['rules'];
        readonly source: string;
        readonly section: string;
      }
    | undefined;
  readonly curl: string | undefined;
  /** About a played docker's step, which only somebody else can do again: the viewer, once they are logged in. */
  readonly curlNote: 'log in' | 'yours' | undefined;
  /** The numbers beside it that the viewer may see. */
  readonly before: number | undefined;
  readonly after: number | undefined;
}

/** One step with everything that is known of it. */
export function StepPage({
  look,
  step,
}: {
  readonly look: Look;
  readonly step: StepView;
}): JSX.Element {
  const { live } = look.words;
  const words = live.step;
  const { line, sentence, address, duration, request, answer } = step;
  return (
    <Layout look={look} title={words.title(line.number)}>
      <nav class="facts" aria-label={words.back}>
        <a href="/sandbox/live/">{words.back}</a>
        {step.before !== undefined && (
          <a href={`/sandbox/live/${step.before}`} rel="prev">
            {words.before}
          </a>
        )}
        {step.after !== undefined && (
          <a href={`/sandbox/live/${step.after}`} rel="next">
            {words.after}
          </a>
        )}
      </nav>
      <h1>{words.title(line.number)}</h1>
      <p class="lead" dir="auto">
        {sentence}
      </p>
      <ol class="steps live" start={line.number}>
        <StepRow look={look} step={line} />
      </ol>
      <p class="facts">
        {address !== undefined && (
          <span>
            {words.from} {address}
          </span>
        )}
        <span>{words.duration(duration)}</span>
      </p>
      {step.rule !== undefined && (
        <Section title={words.rule}>
          <p>{live.rules[step.rule.name]}</p>
          <p class="facts">
            <span>
              {words.source}: <code>{step.rule.source}</code>, §{step.rule.section}
            </span>
          </p>
        </Section>
      )}
      {step.printed !== undefined && (
        <Section title={words.printed}>
          <pre class="printed">{step.printed}</pre>
          <p class="facts">
            <span>{words.printedNotes[step.printedBy]}</span>
          </p>
        </Section>
      )}
      {(step.curl !== undefined || step.curlNote !== undefined) && (
        <Section title={words.curl}>
          {step.curlNote !== undefined && <p>{words.curlNotes[step.curlNote]}</p>}
          {step.curl !== undefined && <Command look={look} lines={step.curl} />}
        </Section>
      )}
      <Section title={words.request}>
        <Message look={look} message={request} />
      </Section>
      <Section title={words.answer}>
        {answer === undefined ? <p>{words.noAnswer}</p> : <Message look={look} message={answer} />}
        <p class="facts">
          <span>{words.masked}</span>
        </p>
      </Section>
    </Layout>
  );
}

function Message({
  look,
  message,
}: {
  readonly look: Look;
  readonly message: MessageView;
}): JSX.Element {
  const words = look.words.live.step;
  const { line, headers, body } = message;
  const lines = [line, ...headers.map(([name, value]) => `${name}: ${value}`)];
  return (
    <>
      <pre class="message">{lines.join('\n')}</pre>
      <p class="facts">
        <span>{body.size === 0 ? words.noBody : words.bytes(body.size)}</span>
        {body.cut && <span>{words.cut}</span>}
      </p>
      {body.text !== undefined && body.text !== '' && <pre class="message">{body.text}</pre>}
    </>
  );
}
