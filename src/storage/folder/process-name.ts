import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import { thisBoot } from './boot.js';

/** A process, as far as another one needs to know it. */
export interface ProcessName {
  readonly pid: number;
  /** Tells this process from a later one with the same number, where the system can. */
  readonly started: string;
  /** The name of the machine, or of the container. */
  readonly host: string;
  /** The machine, even under a changed name; empty where the system does not say. */
  readonly machine: string;
  /** Within which process numbers mean something; empty where the system has but one. */
  readonly namespace: string;
  /** The boot of the kernel that it runs on; empty where that does not say. */
  readonly boot: string;
}

/** This process. */
export function thisProcess(): ProcessName {
  return {
    pid: process.pid,
    started: startOf(process.pid) ?? '',
    host: hostname(),
    machine: textOf('/etc/machine-id'),
    namespace: namespaceOf(),
    boot: thisBoot() ?? '',
  };
}

/** Whether a process of this namespace still runs, by its number and its start. */
export function isRunning({ pid, started }: Pick<ProcessName, 'pid' | 'started'>): boolean {
  const now = startOf(pid);
  return now === undefined ? answers(pid) : now === started;
}

/** Whether there is a process of this number. */
function answers(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** When a process started, as this boot of the system counts; undefined where /proc can't tell. */
function startOf(pid: number): string | undefined {
  const boot = thisBoot();
  if (boot === undefined) return undefined;
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The command's name, in brackets, may itself hold spaces and brackets.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return `${boot}:${fields[19] ?? ''}`;
  } catch {
    return undefined;
  }
}

function namespaceOf(): string {
  try {
    return readlinkSync('/proc/self/ns/pid');
  } catch {
    return '';
  }
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return '';
  }
}
