import type { Wording } from '../eras/wording.js';
import { type PlainOutput, plain } from '../terminal/plain.js';

/**
 * Who says that a command failed: the client itself (also what a push or pull streams), the daemon in an
 * answer, or the daemon in the middle of a stream of images.
 */
export type Speaker = 'client' | 'daemon' | 'stream';

/** A command ends here, with these words and exit code 1. */
export class Failure extends Error {
  override readonly name = 'Failure';
  readonly speaker: Speaker;

  constructor(speaker: Speaker, message: string) {
    super(message);
    this.speaker = speaker;
  }
}

/** A command ends here; what there is to say has been said. */
export class Exit extends Error {
  override readonly name = 'Exit';
  readonly code: number;

  constructor(code: number) {
    super(`exit ${code}`);
    this.code = code;
  }
}

/** The words of a failure, in front of which the daemon is named. */
export function words(wording: Wording, { speaker, message }: Failure): string {
  if (speaker === 'client') return message;
  return `${speaker === 'daemon' ? wording.daemonSays : wording.streamSays}${message}`;
}

/** Writes a failure as the version did. */
export async function report(
  wording: Wording,
  output: PlainOutput,
  message: string,
  now: Date,
): Promise<void> {
  const text = plain(message);
  switch (wording.errorShape) {
    case 'dated':
      return output.write(`${goDate(now)} ${text}\n`);
    case 'logged':
      return output.isTerminal
        ? output.writeEscapes(coloured(text))
        : output.write(logLine(wording, text, now));
    case 'bare':
      return output.write(`${text}\n`);
  }
}

function coloured(text: string): string {
  return `\x1b[31mFATA\x1b[0m[0000] ${text} \n`;
}

function logLine({ quotesLevel }: Wording, text: string, now: Date): string {
  const level = quotesLevel ? '"fatal"' : 'fatal';
  return `time="${now.toISOString().slice(0, 19)}Z" level=${level} msg=${JSON.stringify(text)} \n`;
}

/** `2014/07/01 18:34:47`, as Go's log has it. */
function goDate(now: Date): string {
  const two = (value: number): string => String(value).padStart(2, '0');
  const day = [now.getFullYear(), two(now.getMonth() + 1), two(now.getDate())].join('/');
  const time = [two(now.getHours()), two(now.getMinutes()), two(now.getSeconds())].join(':');
  return `${day} ${time}`;
}
