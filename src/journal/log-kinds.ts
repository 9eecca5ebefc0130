/*
 * What can be said of the log. Nothing here needs another package, so that the types of startHub are whole by
 * themselves.
 */

export type LogLevel = 'silent' | 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace';
export type LogFormat = 'json' | 'text';
