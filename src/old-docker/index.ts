/*
 * A docker of the time, played: real requests to a hub, real images on the disk, the words of 17 and more
 * versions from 0.6 to 1.12. It runs nothing. It speaks HTTP to a hub and knows no other part of this one.
 *
 *   commands/   one file per command, and docker.ts, which runs a command line
 *   eras/       what tells one version from another, as data: dialect.ts on the wire, wording.ts in words
 *   requests/   what is sent and accepted: login, search, push, pull; wire.ts is the socket
 *   images/     tars, sums, the json of images, and how a version sees the graph (view.ts)
 *   build/      Dockerfiles and the files that they make
 *   store/      the graph of images, login files, and the disks that they lie on
 *   terminal/   what the person sees: messages, progress, tables
 *   old-docker.ts  a daemon without commands, images in memory: the tests' docker
 *
 * Nothing here reads `process`: a Machine (commands/context.ts) has the terminal, the disks, the clock and the
 * address of the hub, so that a page can play a docker as well as a command line.
 */
export { parseShell, type SimpleCommand } from './build/shell-words.js';
export type { Machine } from './commands/context.js';
export { docker } from './commands/docker.js';
export { isVersion, NEWEST, OLDEST } from './eras/dialect.js';
export { describeRequest } from './requests/describe.js';
export type { Disk, DiskEntry } from './store/disk.js';
export { FolderDisk } from './store/folder-disk.js';
export { MemoryDisk } from './store/memory-disk.js';
export type { Input, Output, Terminal } from './terminal/terminal.js';
