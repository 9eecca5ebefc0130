/*
 * The terminal pane of a lesson: a few commands over files in memory, the played docker and a small curl. It starts
 * no process, touches no file of this machine, and reaches the hub that it belongs to and nothing else. Everything is
 * bounded: lines, files, images, output, requests and time (bounds.ts).
 *
 *   shell.ts         one reader's shell: takes a line, says what it printed
 *   file-commands.ts `ls`, `cat`, `echo` and the like
 *   curl.ts          the small curl
 *   docker.ts        the played docker, on the shell's files
 *   folder.ts        the shell's files, as seen from the folder that it is in
 *   answers.ts       what is typed where a command asks
 *   words.ts         what the shell says of itself, in both languages
 *   transcript.ts    what stands in the pane
 *   shells.ts        the shells of all readers, so many at most
 */
export type { Reach } from './curl.js';
export { type Ran, Shell, type ShellOptions } from './shell.js';
export { Shells } from './shells.js';
