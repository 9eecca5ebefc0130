/** What a test can change and have back as it was: all of a hub, in parts. */
export type Part = 'data' | 'journal' | 'faults' | 'clock' | 'random' | 'logins';
