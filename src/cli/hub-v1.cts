#!/usr/bin/env node
/*
 * The command. Node has four threads for what waits for the disk, unless it is told otherwise before
 * the first of them is wanted, which for a module is too late. With more, the documents of many writers
 * are forced to the disk as fast as they are written (src/storage/files/force.ts).
 */
process.env.UV_THREADPOOL_SIZE ??= '16';
// Asked for first: a parent may be gone before all is loaded.
const parent = process.ppid;
void import('./cli.js').then(({ runCommand }) => runCommand(parent));
